FROM ubuntu:24.04
ARG UID=10001
ENV APP_UID=10001
RUN useradd --uid $UID app
USER ${APP_UID}
CMD ["/bin/app"]
