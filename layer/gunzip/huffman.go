package gunzip

import "math/bits"

// An entry of a decoding table, by the next bits of the input:
//
//	bits  0-7   all bits to consume: the code and its extra bits
//	bits  8-12  the bits of the code alone
//	bits 16-30  literal, base of a length or distance, or offset of a subtable
//	bit  31     it is a literal
//	bit  15     it is something else than a literal or a base:
//	bit  14     a subtable, of 1 << (bits 8-12) entries
//	bit  13     the end of the block; with neither it is no code at all
type entry uint32

const (
	literal  entry = 1 << 31
	special  entry = 1 << 15
	subtable entry = 1 << 14
	endBlock entry = 1 << 13
	noCode         = special
	maxBits        = 15 // of a code
	litBits        = 11 // of the first table for literals and lengths
	distBits       = 8  // and for distances
	maxLit         = 288
	maxDist        = 32
	// In a complete code two symbols or more share a subtable.
	litSize   = 1<<litBits + maxLit/2<<(maxBits-litBits)
	distSize  = 1<<distBits + maxDist/2<<(maxBits-distBits)
	codeBits  = 7 // of the code for code lengths
	codeCount = 19
	codeTable = 1 << codeBits
)

func (e entry) consume() uint { return uint(e) & 63 }
func (e entry) code() uint    { return uint(e>>8) & 31 }
func (e entry) value() int    { return int(e>>16) & 0x7fff }

// The meaning of each symbol (RFC 1951, 3.2.5), without the bits of its code.
var (
	litSymbols  = makeLit()
	distSymbols = makeDist()
	codeSymbols = makeCode()
)

func makeLit() (s [maxLit]entry) {
	for i := range 256 {
		s[i] = literal | entry(i)<<16
	}
	s[256] = special | endBlock
	base := 3
	for i := 257; i < 285; i++ {
		extra := max(0, (i-261)/4)
		s[i] = entry(base)<<16 | entry(extra)
		base += 1 << extra
	}
	s[285] = 258 << 16
	s[286], s[287] = noCode, noCode
	return s
}

func makeDist() (s [maxDist]entry) {
	base := 1
	for i := range 30 {
		extra := max(0, i/2-1)
		s[i] = entry(base)<<16 | entry(extra)
		base += 1 << extra
	}
	s[30], s[31] = noCode, noCode
	return s
}

func makeCode() (s [codeCount]entry) {
	for i := range s {
		s[i] = entry(i) << 16
	}
	return s
}

// build fills table, whose first level has 1 << width entries, for the code with
// these lengths, and reports whether it is one: complete, or of at most one
// symbol. Canonical codes are those of RFC 1951, 3.2.2.
func build(table []entry, width int, lengths []uint8, symbols []entry) bool {
	var count, next [maxBits + 2]int
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	longest, code, used := 0, 0, 0
	for n := 1; n <= maxBits; n++ {
		code = (code + count[n-1]) << 1
		next[n] = code
		if count[n] > 0 {
			longest = n
		}
		used += count[n] << (maxBits - n)
	}
	for i := range 1 << width {
		table[i] = noCode | 1
	}
	if used != 1<<maxBits && !(longest == 0 || longest == 1 && count[1] == 1) {
		return false
	}
	free, depth := 1<<width, longest-width // where the next subtable goes, and its bits
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		length := int(n)
		reversed := int(bits.Reverse16(uint16(next[length])) >> (16 - length))
		next[length]++
		e := symbols[symbol]
		if length <= width {
			fill(table[:1<<width], reversed, length, e)
			continue
		}
		first := reversed & (1<<width - 1)
		if table[first]&subtable == 0 {
			table[first] = special | subtable | entry(free)<<16 | entry(depth)<<8 | entry(width)
			free += 1 << depth
		}
		at := table[first].value()
		fill(table[at:at+1<<depth], reversed>>width, length-width, e)
	}
	return true
}

// fill sets all entries of a table level that end in the reversed code.
func fill(table []entry, reversed, length int, e entry) {
	e += entry(length)<<8 | entry(length)
	for i := reversed; i < len(table); i += 1 << length {
		table[i] = e
	}
}
