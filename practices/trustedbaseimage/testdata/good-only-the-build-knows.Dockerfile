ARG BASE
ARG REGISTRY
FROM ${BASE}
FROM ${REGISTRY}/node:22
ARG TAG
# A tag that the build gives may have a digest.
FROM node:${TAG}
FROM build-${TARGETARCH}
COPY --from=${REGISTRY}/tools:1 /tool /tool
CMD ["node", "server.js"]
