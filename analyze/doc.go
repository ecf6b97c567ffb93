// Package analyze reads a layer once and finds what is in it: packages, malware,
// secrets and dangerous files.
//
// An Engine drives the analysers over one pass of the tar. The content of each
// file is read at most once, and only when some analyser wants it: up to 8 MiB
// in a buffer that is used again, more than that in an unlinked file. A broken
// file, or a panic on it, costs the findings of that file and is told in the
// coverage.
package analyze
