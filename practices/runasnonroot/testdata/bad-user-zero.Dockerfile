FROM python:3.12-slim
RUN useradd --uid 10001 app
USER 10001
WORKDIR /app
COPY requirements.txt .
# want "its last USER is 0"
USER 0:0
RUN pip install --no-cache-dir -r requirements.txt
CMD ["gunicorn", "app:app"]
