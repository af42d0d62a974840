FROM mcr.microsoft.com/dotnet/aspnet:9.0 AS base
WORKDIR /app
EXPOSE 8080
FROM mcr.microsoft.com/dotnet/sdk:9.0 AS build
COPY . /src
RUN dotnet build /src/Shop.csproj
FROM build AS publish
RUN dotnet publish /src/Shop.csproj -o /app/publish
FROM base AS final
COPY --from=publish /app/publish .
ENTRYPOINT ["dotnet", "Shop.dll"]
