// Package imagetest builds container images in memory and writes them in the
// forms that sources read: docker-archive, OCI layout (directory and tar), and
// registry. The same input gives the same bytes, so tests may contain digests.
//
// It is for tests and the demo. It trusts its input and panics if a tar archive
// cannot be made of it.
package imagetest
