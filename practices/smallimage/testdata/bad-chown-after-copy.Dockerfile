FROM node:24-alpine
WORKDIR /app
COPY . .
# want "chown -R /app stores again what line 3 copied: it is in the image twice"
RUN addgroup -S app && adduser -S app -G app && chown -R app:app /app
USER app
CMD ["node", "index.js"]
