// Package gunzip decompresses gzip (RFC 1952). It is faster than the existing
// libraries, and exists because decompression is most of the cost of reading a
// layer.
//
// The methods are those of libdeflate: reading 64 bits of input at a time,
// tables whose entries include the extra bits of lengths and distances, copying
// matches in chunks, and checking for space only once per round of up to four
// literals or one match. Two attempts gained nothing: entries for two literals
// (building the table costs more than they save), and a wider or narrower first
// level of the tables.
package gunzip
