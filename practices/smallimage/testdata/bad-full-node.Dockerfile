# want "base image \"node:24\" is the full one, with compilers, Python and git: node:24-slim serves"
FROM node:24
WORKDIR /usr/src/app
COPY package*.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev
COPY --chown=node:node . .
USER node
CMD ["node", "server.js"]
