FROM python:3.13-alpine
COPY requirements.txt .
RUN apk add --no-cache libpq \
 && apk add --no-cache --virtual .build-deps gcc musl-dev postgresql-dev \
 && pip install --no-cache-dir -r requirements.txt \
 && apk del .build-deps
COPY . .
CMD ["python", "-m", "shop"]
