FROM eclipse-temurin:21-jdk
WORKDIR /home/app
COPY . .
# want "\"gradlew :api:bootJar\" runs in the final stage"
RUN chmod +x ./gradlew && ./gradlew --no-daemon :api:bootJar
CMD java -jar api/build/libs/api.jar
