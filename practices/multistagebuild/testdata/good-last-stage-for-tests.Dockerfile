FROM golang:1.26 AS build
COPY . .
RUN go build -o /app .
FROM scratch AS app
COPY --from=build /app /app
ENTRYPOINT ["/app"]
FROM build AS test
RUN go build ./... && go vet ./...
CMD ["go", "test", "./..."]
