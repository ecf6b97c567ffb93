// Package docker is a source of images in a container engine that speaks the
// Docker Engine API: Docker with either of its image stores, and Podman.
// https://docs.docker.com/reference/api/engine/
//
// An image is described from what the container engine says of it, and its layers come
// from the stream of docker save, which is taken at most once for an opened
// image, into an unlinked temporary file, and only when a layer is asked for.
// Docker's containerd image store names images by their manifests and does
// not tell the digest of their configs: there the stream is taken on opening.
package docker
