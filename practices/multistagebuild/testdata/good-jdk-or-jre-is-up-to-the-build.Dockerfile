ARG TAG
FROM eclipse-temurin:${TAG}
COPY target/app.jar /app.jar
ENTRYPOINT ["java", "-jar", "/app.jar"]
