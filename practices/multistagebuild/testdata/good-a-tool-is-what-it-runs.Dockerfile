FROM maven:3.9-eclipse-temurin-21
COPY settings.xml /root/.m2/
RUN mvn -B -f /warm/pom.xml package
ENTRYPOINT ["mvn"]
