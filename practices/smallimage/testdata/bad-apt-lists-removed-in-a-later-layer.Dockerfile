FROM debian:13-slim
# want "apt's package lists stay in the layer of this RUN (apt-get update)"
RUN apt-get -qq update
RUN apt-get install -y --no-install-recommends nginx
RUN apt-get clean && rm -rf /var/lib/apt/lists/*
CMD ["nginx", "-g", "daemon off;"]
