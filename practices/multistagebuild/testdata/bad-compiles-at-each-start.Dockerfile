FROM golang:1.26-alpine
WORKDIR /app
COPY . .
RUN go mod download
EXPOSE 8080
# want "each container compiles the program when it starts: go run ./cmd/server"
CMD ["go", "run", "./cmd/server"]
