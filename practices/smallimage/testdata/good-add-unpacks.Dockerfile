FROM debian:13-slim
ADD rootfs.tar.gz /
RUN rm -f /rootfs.tar.gz /etc/motd && chown -R www-data /var/www && chown -R root:root /
CMD ["/init"]
