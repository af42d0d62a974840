FROM debian:13-slim
# want "apt's package lists stay in the layer of this RUN (apt-get update)" "apt-get installs packages that are only recommended, too"
RUN apt-get update && apt-get install -y curl ca-certificates
COPY app /usr/local/bin/app
CMD ["app"]
