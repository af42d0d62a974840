# syntax=docker/dockerfile:1
FROM rust:1.91-slim@sha256:3a7c9e1f5b2d4860718293a4b5c6d7e8f90123456789abcdef0123456789abcd AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked

FROM gcr.io/distroless/cc-debian13:nonroot@sha256:9c4fe2381c2e6d53c4cfdefeff6edbd2a67ec7713e2c3ca6653806cbdbf27a1e
COPY --from=build /src/target/release/app /app
ENTRYPOINT ["/app"]
