// Package registry is a source of images in an OCI or Docker registry.
package registry
