FROM docker.io/library/debian:12-slim AS base
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*

# want "it has no USER, and docker.io/library/debian:12-slim sets none"
FROM base
COPY server /usr/local/bin/server
ENTRYPOINT ["server"]
