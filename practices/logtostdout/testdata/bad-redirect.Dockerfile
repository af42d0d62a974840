FROM node:22-slim
WORKDIR /app
COPY . .
RUN npm ci --omit=dev > /tmp/npm.log 2>&1 && mkdir -p /var/log/app
EXPOSE 3000
# want "CMD sends its output to the file /var/log/app/out.log"
CMD node server.js > /var/log/app/out.log 2> /var/log/app/error.log
