# want "base image \"registry:5000/base\" is not pinned by digest"
FROM registry:5000/base
COPY app /app
ENTRYPOINT ["/app"]
