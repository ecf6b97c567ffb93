// Package untar reads tar archives as archive/tar does, without allocating for
// each entry: names are views into buffers that are used again.
//
// It knows v7, USTAR, GNU, star and PAX headers with their sparse files, and
// has archive/tar's idea of what is an archive: FuzzAgainstArchiveTar holds
// verdicts, headers and contents together. The formats:
// https://www.gnu.org/software/tar/manual/html_node/Tar-Internals.html and
// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
package untar
