FROM python:3.13-slim
COPY requirements.txt .
RUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt
RUN pip3 install --no-cache-dir gunicorn && pip download x -d /wheels
CMD ["gunicorn", "shop.wsgi"]
