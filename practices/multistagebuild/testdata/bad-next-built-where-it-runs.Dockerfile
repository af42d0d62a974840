FROM node:24-slim
ENV NEXT_TELEMETRY_DISABLED=1
WORKDIR /app
COPY . .
# want "\"yarn build\" runs in the final stage"
RUN corepack enable && yarn install --frozen-lockfile && yarn build
EXPOSE 3000
CMD ["yarn", "start"]
