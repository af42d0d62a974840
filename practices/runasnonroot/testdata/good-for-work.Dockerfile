# To test in: nothing runs from it.
FROM golang:1.24 AS test
WORKDIR /src
COPY . .
CMD ["go", "test", "./..."]
