FROM python:3.13-slim
COPY --chown=1001:0 src /opt/app/src
# want "chmod -R /opt/app stores again what line 2 copied"
RUN chmod -R g=u /opt/app
USER 1001
CMD ["python", "/opt/app/src/main.py"]
