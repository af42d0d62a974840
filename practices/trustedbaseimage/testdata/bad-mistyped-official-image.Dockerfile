# want "base image \"pyhton:3.13-slim\" is one letter away from \"python\""
FROM pyhton:3.13-slim AS build
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
# want "base image \"alpin:3.22\" is one letter away from \"alpine\""
FROM alpin:3.22
COPY --from=build /usr/local /usr/local
# want "image \"ngnix:1.29\" is one letter away from \"nginx\""
COPY --from=ngnix:1.29 /etc/nginx/mime.types /etc/nginx/
CMD ["python", "-m", "app"]
