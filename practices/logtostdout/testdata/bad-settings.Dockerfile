FROM python:3.13-slim
# want "ENV CELERY_LOG_FILE sends the log to the file /var/log/celery.log"
ENV PYTHONUNBUFFERED=1 \
    CELERY_LOG_FILE=/var/log/celery.log
COPY . /app
# want "VOLUME /var/log/app keeps logs in a volume"
VOLUME ["/data", "/var/log/app"]
CMD ["celery", "-A", "app", "worker"]
