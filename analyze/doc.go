// Package analyze reads a layer once and finds what is in it: packages, malware,
// secrets and dangerous files.
//
// A Suite runs the analysers, which implement the contract of package analysis,
// in one pass over the tar. It reads the content of each file at most once, and
// only if some analyser wants it: up to 8 MiB into a buffer that is reused, more
// than that into an unlinked temporary file. If an analyser fails or panics on a
// file, the coverage of the layer says so and the pass continues.
package analyze
