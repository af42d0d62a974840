FROM debian:13-slim
# want "packages that only a build needs stay in the final stage: build-essential, libssl-dev, zlib1g-dev"
RUN apt-get update && apt-get install -y --no-install-recommends \
      build-essential \
      ca-certificates \
      libssl-dev zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*
COPY . /src
# want "\"configure\" runs in the final stage: what compiles C stays in the image"
RUN cd /src && ./configure --prefix=/usr && make -j"$(nproc)" && make install
CMD ["proxy", "-f", "/etc/proxy.conf"]
