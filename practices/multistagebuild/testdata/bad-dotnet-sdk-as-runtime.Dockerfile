FROM mcr.microsoft.com/dotnet/sdk:9.0
WORKDIR /app
COPY *.csproj ./
RUN dotnet restore
COPY . ./
# want "\"dotnet publish\" runs in the final stage: what compiles .NET stays in the image"
RUN dotnet publish -c Release -o out
ENTRYPOINT ["dotnet", "out/Shop.dll"]
