FROM almalinux:9
RUN dnf -y install httpd mariadb-server && systemctl enable httpd mariadb && dnf clean all
COPY site.conf /etc/httpd/conf.d/
EXPOSE 80
# want "CMD runs init, which starts and watches several processes"
CMD ["/usr/sbin/init"]
