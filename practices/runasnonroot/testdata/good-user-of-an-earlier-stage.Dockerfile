FROM python:3.12-slim AS base
RUN useradd -u 10001 app
USER 10001

FROM base AS test
RUN python -m unittest

FROM base
COPY app /app
CMD ["python", "/app/main.py"]
