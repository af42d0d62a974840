ARG PYTHON=3.13
# want "base image \"python:3.13-bookworm\" is the full one, with compilers and headers: python:3.13-bookworm-slim serves"
FROM python:${PYTHON}-bookworm AS base
WORKDIR /app
COPY requirements.txt .
FROM base
# want "the files of pip's cache of downloads stay in the layer of this RUN (pip install)"
RUN pip install -r requirements.txt
COPY . .
CMD ["gunicorn", "-b", ":8000", "shop.wsgi"]
