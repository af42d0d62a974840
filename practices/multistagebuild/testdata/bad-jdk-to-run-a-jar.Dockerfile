FROM gradle:9-jdk21 AS build
COPY . /src
RUN cd /src && gradle bootJar
# want "the final stage starts from \"eclipse-temurin:21-jdk-alpine\": what compiles Java becomes part of the image"
FROM eclipse-temurin:21-jdk-alpine
COPY --from=build /src/build/libs/app.jar /app.jar
USER 1001
ENTRYPOINT ["java", "-jar", "/app.jar"]
