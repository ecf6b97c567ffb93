// Package gunzip decompresses gzip (RFC 1952) faster than the libraries there
// are, since inflating is most of what reading a layer costs.
//
// The ways are those of libdeflate: 64 bits of input at a time, tables whose
// entries hold the whole of a length or distance with its extra bits, matches
// copied in chunks, and checks for room once for a round of up to four literals
// or a match. Tried without gain: entries of two literals (the second costs more
// to put into the table than it saves), and wider or narrower first levels.
package gunzip
