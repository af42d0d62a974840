# Images that are built on this machine, and words that are near a well-known name by chance.
FROM base@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
FROM nodes@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
FROM my-python@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
CMD ["app"]
