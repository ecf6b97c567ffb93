# The server as a static binary in an otherwise empty image, without a shell.
#
#   docker build --build-arg VERSION=$(git describe --tags --always) -t landwaiter .
#   docker run -p 8320:8320 -v landwaiter:/var/lib/landwaiter landwaiter
#   docker run --rm -v $PWD:/images:ro landwaiter scan /images/app.tar
#
# There is no HEALTHCHECK, because the image has no HTTP client: let the
# orchestrator probe GET /healthz on port 8320.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN make build VERSION="$VERSION" BIN=/rootfs/usr/bin
# The data directory belongs to the user of the server. Only the demo uses /tmp;
# scans spool in the data directory.
RUN mkdir -p /rootfs/etc/ssl/certs /rootfs/var/lib /rootfs/tmp \
 && cp /etc/ssl/certs/ca-certificates.crt /rootfs/etc/ssl/certs/ \
 && echo 'landwaiter:x:65532:65532::/var/lib/landwaiter:/usr/bin/landwaiter' > /rootfs/etc/passwd \
 && echo 'landwaiter:x:65532:' > /rootfs/etc/group \
 && install -d -m 0700 -o 65532 -g 65532 /rootfs/var/lib/landwaiter \
 && chmod 1777 /rootfs/tmp

FROM scratch
COPY --from=build /rootfs /
USER 65532:65532
ENV LANDWAITER_DATA=/var/lib/landwaiter LANDWAITER_LISTEN=0.0.0.0:8320
VOLUME /var/lib/landwaiter
EXPOSE 8320
ENTRYPOINT ["/usr/bin/landwaiter"]
CMD ["serve"]
