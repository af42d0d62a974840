# Its own base may well set a user: that can't be told from here.
ARG BASE
FROM registry.example.com:5000/platform/jre:21 AS other
FROM ${BASE}
COPY app.jar /app.jar
CMD ["java", "-jar", "/app.jar"]
