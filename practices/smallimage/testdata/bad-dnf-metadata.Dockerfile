FROM registry.access.redhat.com/ubi9/ubi-minimal:9.6
# want "the package manager's metadata and cache stay in the layer of this RUN (microdnf install)"
RUN microdnf install -y java-21-openjdk-headless
COPY target/app.jar /app.jar
CMD ["java", "-jar", "/app.jar"]
