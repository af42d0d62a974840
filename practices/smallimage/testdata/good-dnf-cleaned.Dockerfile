FROM rockylinux:9
RUN dnf -y --setopt=install_weak_deps=False install httpd && dnf clean all && rm -rf /var/cache/dnf
RUN yum install -y mod_ssl && yum -y clean all
CMD ["httpd", "-DFOREGROUND"]
