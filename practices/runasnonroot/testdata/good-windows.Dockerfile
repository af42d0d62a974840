# escape=`
FROM mcr.microsoft.com/windows/servercore:ltsc2022
SHELL ["powershell", "-Command"]
RUN New-Item -Path C:\app -ItemType Directory
COPY app C:\app
CMD ["C:\\app\\app.exe"]
