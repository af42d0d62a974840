# want "base image \"gcr.io/distroles/static:nonroot\" is one letter away from \"gcr.io/distroless\""
FROM gcr.io/distroles/static:nonroot
# want "image \"grafanna/k6:1.0.0\" is one letter away from \"docker.io/grafana\""
COPY --from=grafanna/k6:1.0.0 /usr/bin/k6 /usr/bin/k6
# want "image \"mcr.microsft.com/dotnet/aspnet:9.0\" is one letter away from \"mcr.microsoft.com\""
COPY --from=mcr.microsft.com/dotnet/aspnet:9.0 /usr/share/dotnet /usr/share/dotnet
