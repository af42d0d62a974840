FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends squid && rm -rf /var/lib/apt/lists/*
RUN mkdir -p /var/log/app \
 && ln -sf /dev/stdout /var/log/app/access.log \
 && ln -sf /dev/stderr /var/log/app/error.log
ENV ERROR_LOG=/var/log/app/error.log
CMD ["sh", "-c", "exec app --access-log=/var/log/app/access.log 2>> /var/log/app/error.log"]
