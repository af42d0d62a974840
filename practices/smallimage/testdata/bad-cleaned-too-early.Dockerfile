FROM registry.suse.com/bci/bci-base:15.7
# want "zypper's cache stay in the layer of this RUN (zypper patch)"
RUN zypper --non-interactive patch
# want "zypper's cache stay in the layer of this RUN (zypper install)"
RUN zypper --non-interactive install curl && zypper clean --all && zypper --non-interactive install git
# want "pip's cache of downloads stay in the layer of this RUN (pip3 install)"
RUN rm -rf /root/.cache && pip3 install --require-hashes -r /srv/requirements.txt
COPY srv /srv
USER 10001
CMD ["/srv/run"]
