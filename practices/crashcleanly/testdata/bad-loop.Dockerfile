FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -o /out/agent ./cmd/agent

FROM alpine:3.20
COPY --from=build /out/agent /usr/local/bin/agent
# want "ENTRYPOINT restarts \"agent\" in a loop"
ENTRYPOINT while true; do /usr/local/bin/agent --config /etc/agent.yaml; sleep 1; done
