// Package registry is a source of images in an OCI or Docker registry.
//
// The protocol is that of go-containerregistry. Below it, each request passes
// through three transports: the pacer (how many, when, and what to do when the
// registry limits the rate), the bounds of an answer (how large, how slow), and the
// guard (to whom, and with which credentials).
package registry
