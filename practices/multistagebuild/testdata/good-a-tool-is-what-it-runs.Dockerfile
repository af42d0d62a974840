FROM maven:3.9-eclipse-temurin-21
COPY settings.xml /usr/share/maven/conf/
RUN mvn -B -f /warm/pom.xml package
ENTRYPOINT ["mvn"]
