// Package containerd is a source of images in containerd, as Kubernetes nodes,
// nerdctl and ctr use it: https://github.com/containerd/containerd
//
// It speaks containerd's gRPC API (containerd 1.3 and later) through the
// generated stubs: the complete client package links 90 more packages, for pulling,
// unpacking and running, which a reader does not need.
//
// Documents and layers come from the content store as they were pulled, so
// an image has the digests of its registry and a layer is streamed without
// a copy on our side. Content that containerd dropped after unpacking, or
// never pulled, cannot be read; errors say so.
package containerd
