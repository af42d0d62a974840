FROM golang:1.26@sha256:3a7c9e1f5b2d4860718293a4b5c6d7e8f90123456789abcdef0123456789abcd AS base
FROM base AS build
COPY . .
RUN CGO_ENABLED=0 go build -o /app .
FROM scratch
COPY --from=build /app /app
COPY --from=1 /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
# A context that the builder is given by name.
COPY --from=assets / /assets
ENTRYPOINT ["/app"]
