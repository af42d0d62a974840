# To work in: the compiler is what it is for.
FROM golang:1.26
RUN go install github.com/air-verse/air@latest
WORKDIR /src
CMD ["air"]
