ARG GO_VERSION=1.26.1
ARG BASE
FROM --platform=$BUILDPLATFORM golang:${GO_VERSION}-bookworm AS build
WORKDIR /src
COPY . .
RUN go build -o /web ./cmd/web

FROM build AS test
RUN go test ./...

FROM scratch AS certificates
COPY --from=build /etc/ssl/certs/ca-certificates.crt /

FROM ${BASE}
COPY --from=certificates /ca-certificates.crt /etc/ssl/certs/
COPY --from=0 /web /web
COPY --from=shared-assets /logo.svg /
COPY --from=registry:5000/team/tool:1.2.3 /tool /tool
USER 65532:65532
ENTRYPOINT ["/web"]
