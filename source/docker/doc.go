// Package docker is a source of images in a container engine that speaks the
// Docker Engine API: Docker with either of its image stores, and Podman.
// https://docs.docker.com/reference/api/engine/
//
// An image is described by the answers of the container engine. Its layers come from
// the stream of docker save, which is read to an unlinked temporary file when the
// first layer is opened, at most once for an opened image.
// Docker's containerd image store names images by their manifests and does
// not report the digest of their configs: there, Open takes the stream.
package docker
