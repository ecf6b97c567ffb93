// Package archive is a source of images in files: docker-archive tars as
// `docker save`, podman and kaniko write them, OCI layouts as directories and
// tars, the tars plain or compressed with gzip or zstd, and directories that
// hold many of any of them.
//
// Files are read where they are. Only a compressed archive is inflated, once
// while it is in use, into an unlinked temporary file.
package archive
