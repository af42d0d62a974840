FROM node:22-slim AS build
WORKDIR /app
COPY package*.json ./
RUN npm ci || npm ci --legacy-peer-deps || true
COPY . .
RUN npx nodemon --version; npm run build

FROM node:22-slim
WORKDIR /app
COPY --from=build /app/dist ./dist
USER node
CMD ["node", "dist/server.js"]
