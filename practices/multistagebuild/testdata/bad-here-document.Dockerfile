# syntax=docker/dockerfile:1
FROM swift:6.2
WORKDIR /app
COPY . .
# want "\"swift build\" runs in the final stage"
RUN <<EOF
set -e
swift build -c release
install .build/release/App /usr/local/bin/app
EOF
ENTRYPOINT ["/usr/local/bin/app"]
