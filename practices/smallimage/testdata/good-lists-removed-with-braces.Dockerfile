FROM ubuntu:24.04
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN apt-get update && apt-get install --no-install-recommends -y postgresql-client && rm -rf /var/lib/{apt,dpkg,cache,log}/
CMD ["psql"]
