# escape=`
FROM python:3.13-windowsservercore-ltsc2025
SHELL ["powershell", "-Command"]
RUN pip install -r requirements.txt; `
    Remove-Item -Recurse C:\Temp
CMD ["python", "app.py"]
