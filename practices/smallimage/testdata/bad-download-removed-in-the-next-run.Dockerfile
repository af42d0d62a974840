FROM alpine:3.22
WORKDIR /work
RUN wget -q -O terraform.zip https://releases.example.com/terraform_1.14.0_linux_amd64.zip
RUN unzip terraform.zip -d /usr/local/bin
# want "\"terraform.zip\" is removed here, but the layer of line 3 (RUN) keeps it"
RUN rm -f terraform.zip
ENTRYPOINT ["terraform"]
