FROM debian:13-slim
WORKDIR /opt
COPY jdk-21_linux-x64_bin.tar.gz /tmp/
# want "\"/tmp/jdk-21_linux-x64_bin.tar.gz\" is removed here, but the layer of line 3 (COPY) keeps it"
RUN mkdir jdk && tar -xzf /tmp/jdk-21_linux-x64_bin.tar.gz -C jdk && rm /tmp/jdk-21_linux-x64_bin.tar.gz
CMD ["/opt/jdk/bin/java", "-version"]
