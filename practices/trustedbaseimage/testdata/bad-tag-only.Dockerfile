ARG GO_VERSION=1.26
ARG ALPINE=alpine:3.22
# want "base image \"golang:1.26-alpine\" is not pinned by digest"
FROM --platform=$BUILDPLATFORM golang:${GO_VERSION}-alpine AS build
WORKDIR /src
COPY . .
RUN go build -o /out/app .

# want "base image \"alpine:3.22\" is not pinned by digest"
FROM ${ALPINE}
COPY --from=build /out/app /app
ENTRYPOINT ["/app"]

# The same image again is said once.
FROM ${ALPINE} AS debug
COPY --from=build /out/app /app
