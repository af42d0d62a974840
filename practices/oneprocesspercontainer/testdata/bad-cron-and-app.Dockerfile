FROM python:3.13-slim
RUN apt-get update && apt-get install -y --no-install-recommends cron && rm -rf /var/lib/apt/lists/*
COPY crontab /etc/cron.d/app
COPY . /app
WORKDIR /app
EXPOSE 8000
# want "CMD runs \"cron\" in the background beside \"gunicorn\""
CMD cron && gunicorn app:app --bind 0.0.0.0:8000
