# syntax=docker/dockerfile:1
# Somebody's image with everything in it, found by a search.
# want "base image \"jdoe42/node-chrome:18@sha256:5c6d1e8f0a7b3c2d4e5f60718293a4b5c6d7e8f90123456789abcdef01234567\" is published by \"docker.io/jdoe42\""
FROM jdoe42/node-chrome:18@sha256:5c6d1e8f0a7b3c2d4e5f60718293a4b5c6d7e8f90123456789abcdef01234567
WORKDIR /app
COPY package*.json ./
RUN npm ci --omit=dev
COPY . .
USER 1000:1000
CMD ["node", "server.js"]
