FROM node:22-alpine
RUN addgroup -S app && adduser -S -u 10001 -G app app
WORKDIR /app
COPY --chown=app:app . .
# want "the image's user \"app\" is a name"
USER app:app
EXPOSE 3000
CMD ["node", "server.js"]
