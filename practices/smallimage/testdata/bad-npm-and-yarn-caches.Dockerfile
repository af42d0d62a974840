FROM node:24-slim
WORKDIR /app
COPY package.json yarn.lock ./
# want "the files of yarn's cache of downloads stay in the layer of this RUN (yarn install)"
RUN yarn install --production --frozen-lockfile
# want "the files of npm's cache of downloads stay in the layer of this RUN (npm install)"
RUN npm install --global pino-pretty
CMD ["node", "index.js"]
