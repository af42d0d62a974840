FROM debian:13-slim
RUN set -eux; \
    savedAptMark="$(apt-mark showmanual)"; \
    apt-get update; \
    apt-get install -y --no-install-recommends gcc libc6-dev make wget; \
    wget -O redis.tar.gz "$REDIS_DOWNLOAD_URL"; \
    tar -xzf redis.tar.gz; make -C redis install; gcc -o /x x.c; \
    apt-mark auto '.*' > /dev/null; \
    apt-get purge -y --auto-remove -o APT::AutoRemove::RecommendsImportant=false gcc make; \
    rm -rf /var/lib/apt/lists/*
CMD ["redis-server"]
