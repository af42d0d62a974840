FROM debian:13-slim@sha256:1caf1c703c8f7e15dcf2e7769b35000c764e6f50e4d7401c355fb0248f3ddfdb
# want "image \"ghcr.io/some-one/wait-for:2.1\" is published by \"ghcr.io/some-one\"" "image \"ghcr.io/some-one/wait-for:2.1\" is not pinned by digest"
COPY --from=ghcr.io/some-one/wait-for:2.1 /wait-for /usr/local/bin/
# want "image \"quay.io/stranger/tools:3\" is published by" "image \"quay.io/stranger/tools:3\" is not pinned"
RUN --mount=type=bind,from=quay.io/stranger/tools:3,target=/tools /tools/install.sh
COPY app /app
ENTRYPOINT ["/app"]
