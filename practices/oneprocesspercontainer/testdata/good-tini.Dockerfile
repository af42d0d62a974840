FROM python:3.13-slim
RUN apt-get update && apt-get install -y --no-install-recommends tini supervisor && rm -rf /var/lib/apt/lists/*
COPY . /app
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["python", "-m", "app"]
