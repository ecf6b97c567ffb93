// Package untar reads tar archives like archive/tar, but without allocations
// for each entry: names are slices of buffers that the next entry reuses.
//
// It supports v7, USTAR, GNU, star and PAX headers with their sparse files, and
// accepts and rejects the same archives as archive/tar. FuzzAgainstArchiveTar
// compares results, headers and contents. The formats are described at
// https://www.gnu.org/software/tar/manual/html_node/Tar-Internals.html and
// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
package untar
