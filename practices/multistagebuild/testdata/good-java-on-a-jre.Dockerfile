ARG JAVA=21
FROM maven:3.9-eclipse-temurin-${JAVA} AS build
COPY . /src
RUN cd /src && mvn -B package
FROM eclipse-temurin:${JAVA}-jre
COPY --from=build /src/target/app.jar /app.jar
ENTRYPOINT ["java", "-jar", "/app.jar"]
