FROM debian:trixie-slim
RUN ["apt-get", "-o", "apt::install-recommends=false", "-y", "install", "/srv/agent.deb"]
RUN apt-get update && apt-get -o APT::Install-Recommends=0 -y install tzdata && rm -rf /var/lib/apt/lists/* && apt-get clean
CMD ["agent"]
