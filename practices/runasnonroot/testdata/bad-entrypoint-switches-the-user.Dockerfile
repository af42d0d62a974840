# want "the image starts as root, and has su-exec for its entrypoint to become another user"
FROM alpine:3.22
RUN addgroup -S vault && adduser -S -G vault vault
RUN apk add --no-cache libcap su-exec dumb-init tzdata
COPY dist/linux/amd64/vault /bin/
COPY docker-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
EXPOSE 8200
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["server"]
