FROM node:22-slim
WORKDIR /app
COPY . .
RUN npm ci --omit=dev
EXPOSE 3000
USER node
# want "CMD is in shell form: it depends on the shell, which is process 1, whether signals reach \"node\""
CMD node server.js
