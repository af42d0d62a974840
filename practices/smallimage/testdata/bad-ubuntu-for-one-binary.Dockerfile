FROM golang:1.26 AS build
COPY . /src
RUN cd /src && CGO_ENABLED=0 go build -o /out/app .
# want "base image \"ubuntu:24.04\" is a whole distribution, and nothing is installed from it"
FROM ubuntu:24.04
RUN groupadd -r app && useradd -r -g app app && mkdir /data && chown app /data
COPY --from=build /out/app /usr/local/bin/app
USER app
ENTRYPOINT ["/usr/local/bin/app"]
