FROM node:24-slim
RUN node --version && npm --version && tsc --version
RUN npm install --global serve && npm cache clean --force
COPY build /srv
RUN ln -s /srv/build /build && echo "go build is only said"
CMD ["serve", "-s", "/srv"]
