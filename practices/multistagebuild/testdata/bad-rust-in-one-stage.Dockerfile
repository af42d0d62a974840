FROM rust:1.91 AS base
WORKDIR /usr/src/myapp
COPY . .
# A stage that starts from another has all that is in it.
FROM base
# want "\"cargo install\" runs in the final stage"
RUN cargo install --path .
CMD ["myapp"]
