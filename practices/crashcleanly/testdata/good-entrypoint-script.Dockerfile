FROM python:3.13-slim
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY --chmod=755 <<"SCRIPT" /entrypoint.sh
#!/bin/sh
set -e
[ -f /config/settings.py ] && cp /config/settings.py /app/ || true
exec "$@"
SCRIPT
ENTRYPOINT ["/entrypoint.sh"]
CMD ["gunicorn", "app.wsgi", "--bind", "0.0.0.0:8000"]
