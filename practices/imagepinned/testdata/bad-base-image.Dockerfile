# syntax=docker/dockerfile:1
ARG VARIANT=latest
ARG REGISTRY
# want "base image \"golang\" has no tag"
FROM golang AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod go build -o /web ./cmd/web

# want "base image \"${REGISTRY}/tools:dev\" has a tag that moves"
FROM ${REGISTRY}/tools:dev AS tools
# want "copied from image \"alpine/git:latest\" is whatever was pushed last"
RUN --mount=type=bind,from=alpine/git:latest,source=/usr/bin/git,target=/git /git --version

# want "base image \"node:lts-alpine\" has a tag that moves"
FROM node:lts-alpine AS assets
COPY web/package.json web/package-lock.json ./
RUN npm ci && npm run build

# want "base image \"gcr.io/distroless/static:latest\" is whatever was pushed last"
FROM gcr.io/distroless/static:${VARIANT}
COPY --from=build /web /web
COPY --from=assets dist /dist
# want "copied from image \"busybox:latest\" is whatever was pushed last"
COPY --from=busybox:latest /bin/wget /bin/wget
USER 65532:65532
ENTRYPOINT ["/web"]
