ARG ALPINE=3.20
FROM node:22-alpine AS build
USER node
WORKDIR /home/node/app
COPY . .
RUN npm ci && npm run build

# want "the image runs as root: it has no USER, and alpine:3.20 sets none"
FROM alpine:${ALPINE}
COPY --from=build /home/node/app/dist /srv
CMD ["/srv/server"]
