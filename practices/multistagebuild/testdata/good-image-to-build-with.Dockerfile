FROM golang:1.26-bookworm
RUN apt-get update && apt-get install -y build-essential protobuf-compiler && rm -rf /var/lib/apt/lists/*
RUN go install google.golang.org/protobuf/cmd/protoc-gen-go@latest
