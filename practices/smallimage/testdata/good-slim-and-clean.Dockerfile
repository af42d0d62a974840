FROM debian:trixie-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates tzdata \
 && apt-get clean \
 && rm -rf /var/lib/apt/lists/* /tmp/*
COPY app /usr/local/bin/app
CMD ["app"]
