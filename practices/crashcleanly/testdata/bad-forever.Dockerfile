FROM node:22-slim
WORKDIR /app
COPY package*.json ./
RUN npm ci --omit=dev && npm install -g forever
COPY . .
EXPOSE 3000
USER node
# want "CMD runs under forever"
CMD ["forever", "--minUptime", "1000", "server.js"]
