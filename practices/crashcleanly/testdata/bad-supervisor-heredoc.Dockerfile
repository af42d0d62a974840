FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends supervisor nginx && rm -rf /var/lib/apt/lists/*
# want "COPY has a supervisor restart programs inside of the container"
COPY <<CONF /etc/supervisor/conf.d/nginx.conf
[program:nginx]
command=nginx -g "daemon off;"
autorestart=true
CONF
CMD ["supervisord", "-n"]
