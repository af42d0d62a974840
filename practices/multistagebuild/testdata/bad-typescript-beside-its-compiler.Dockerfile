FROM node:24-alpine
WORKDIR /usr/src/app
COPY package*.json tsconfig.json ./
RUN npm install
COPY src ./src
# want "\"npm run build\" runs in the final stage: what compiles TypeScript stays in the image"
RUN npm run build
EXPOSE 3000
USER node
CMD ["node", "dist/main.js"]
