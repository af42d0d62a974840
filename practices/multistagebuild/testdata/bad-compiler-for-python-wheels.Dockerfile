FROM python:3.13-slim
WORKDIR /app
COPY requirements.txt .
# want "packages that only a build needs stay in the final stage: gcc, libpq-dev, python3-dev"
RUN apt-get update && apt-get install -y gcc libpq-dev python3-dev && pip install --no-cache-dir -r requirements.txt
COPY . .
CMD ["gunicorn", "shop.wsgi"]
