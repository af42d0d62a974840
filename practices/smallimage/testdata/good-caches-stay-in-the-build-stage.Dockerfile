FROM node:24 AS build
WORKDIR /app
COPY . .
RUN apt-get update && apt-get install -y python3 make g++
RUN npm ci && npm run build && chown -R node /app
FROM node:24-alpine
COPY --from=build --chown=node:node /app/dist /app
USER node
CMD ["node", "/app/main.js"]
