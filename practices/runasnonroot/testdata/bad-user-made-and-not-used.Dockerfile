FROM golang:1.24 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /out/server ./cmd/server

# want "the image runs as root: it has no USER, and alpine:3.22 sets none"
FROM alpine:3.22
RUN apk add --no-cache tzdata && adduser -D -u 10001 app
COPY --from=build --chown=10001 /out/server /usr/local/bin/server
EXPOSE 8080
ENTRYPOINT ["server"]
