FROM maven:3.9-eclipse-temurin-21 AS build
ENV MAVEN_LOG_FILE=/tmp/maven.log
COPY . /src
RUN mvn -f /src/pom.xml package --log-file /tmp/maven.log > /tmp/out.log

FROM eclipse-temurin:21-jre
ENV LOG_LEVEL=info LOG_FILE=/dev/stdout
COPY --from=build /src/target/app.jar /app.jar
CMD ["java", "-jar", "/app.jar"]
