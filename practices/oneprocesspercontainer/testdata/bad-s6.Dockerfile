FROM alpine:3.20
ARG S6_OVERLAY_VERSION=3.2.0.0
ADD https://github.com/just-containers/s6-overlay/releases/download/v${S6_OVERLAY_VERSION}/s6-overlay-noarch.tar.xz /tmp
RUN tar -C / -Jxpf /tmp/s6-overlay-noarch.tar.xz && apk add --no-cache nginx php83-fpm
COPY services.d /etc/services.d
# want "ENTRYPOINT runs init, which starts and watches several processes"
ENTRYPOINT ["/init"]
