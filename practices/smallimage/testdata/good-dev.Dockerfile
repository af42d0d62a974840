# To work in.
FROM python:3.13
RUN apt-get update && apt-get install -y vim git
RUN pip install ipython pytest
CMD ["bash"]
