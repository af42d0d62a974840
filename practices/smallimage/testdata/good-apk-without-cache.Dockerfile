FROM alpine:3.22
RUN apk add --no-cache --virtual .run bash curl && apk upgrade --no-cache
RUN apk add --update git && rm -rf /var/cache/apk/*
CMD ["bash"]
