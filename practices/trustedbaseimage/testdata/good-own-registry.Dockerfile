ARG REGISTRY=registry.example.com:5000
FROM ${REGISTRY}/platform/jre:25@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
LABEL org.opencontainers.image.source=https://github.com/Acme/shop
COPY --from=ghcr.io/acme/agent:4.1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef /agent.jar /agent.jar
COPY target/shop.jar /shop.jar
ENTRYPOINT ["java", "-javaagent:/agent.jar", "-jar", "/shop.jar"]
