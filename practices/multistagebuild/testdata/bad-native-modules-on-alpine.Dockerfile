FROM node:24-alpine
# want "packages that only a build needs stay in the final stage: make, g++"
RUN apk add --no-cache python3 make g++
WORKDIR /app
COPY package*.json ./
RUN npm ci --omit=dev
COPY . .
USER node
CMD ["node", "index.js"]
