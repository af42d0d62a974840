ARG TAG
FROM node:${TAG}
COPY --chown=node:node . /app
RUN chown -R node /app
USER node
CMD ["node", "/app/index.js"]
