FROM rust:1.84 AS build
WORKDIR /src
COPY . .
RUN cargo build --release

# want "the image runs as root: it has no USER, and scratch sets none"
FROM scratch
COPY --from=build /src/target/release/server /server
CMD ["/server"]
