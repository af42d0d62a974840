FROM ubuntu/apache2:2.4-24.04_beta
COPY site /var/www/html
EXPOSE 80
# want "CMD shows the log file /var/log/apache2/access.log by tail"
CMD ["/bin/bash", "-c", "service apache2 start && tail -f /var/log/apache2/access.log"]
