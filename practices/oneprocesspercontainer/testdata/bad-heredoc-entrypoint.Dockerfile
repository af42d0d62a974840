FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends redis-server nginx && rm -rf /var/lib/apt/lists/*
# want "ENTRYPOINT runs \"redis-server\" in the background beside \"nginx\""
COPY --chmod=755 <<SCRIPT /start.sh
#!/bin/sh
redis-server --daemonize yes
exec nginx -g 'daemon off;'
SCRIPT
ENTRYPOINT ["/start.sh"]
