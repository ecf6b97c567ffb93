// Package imagetest builds container images in memory and writes them in the
// forms that sources read: docker-archive, OCI layout (directory and tar) and
// a registry. The same input gives the same bytes, so digests can be golden.
//
// It serves tests and the demo; it trusts its input and panics where that
// makes no tar.
package imagetest
