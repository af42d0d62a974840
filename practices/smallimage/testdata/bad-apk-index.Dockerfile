FROM alpine:3.22
# want "the files of apk's package index stay in the layer of this RUN (apk update)"
RUN apk update && apk add bash curl
# want "the files of apk's package index stay in the layer of this RUN (apk add)"
RUN apk add --update tzdata
ENTRYPOINT ["/entrypoint.sh"]
