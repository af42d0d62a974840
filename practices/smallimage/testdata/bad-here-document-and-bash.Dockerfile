# syntax=docker/dockerfile:1
FROM ubuntu:24.04
# want "apt's package lists stay in the layer"
RUN <<EOF
set -eux
apt-get update
apt-get install -y --no-install-recommends python3
EOF
# want "the files of pip's cache of downloads stay in the layer of this RUN"
RUN ["/bin/bash", "-c", "python3 -m pip install --upgrade flask"]
CMD ["python3", "-m", "flask", "run"]
