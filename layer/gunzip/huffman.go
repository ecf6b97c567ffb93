package gunzip

import "math/bits"

// An entry of a decoding table. The next bits of the input are its index.
//
//	bits  0-5   number of bits to consume: the code and its extra bits
//	bit   6     with special: a subtable of 1 << (bits 8-13) entries
//	bit   7     with special: the end of the block
//	            without special, in the code for code lengths: repeat zeros
//	bits  8-13  number of bits of the code alone
//	bit  14     special: neither a literal nor a base; without bits 6 and 7 not a code
//	bit  15     literal
//	bits 16-31  literal, base of a length, distance or count, or offset of a subtable
//
// Shifts and the bit count use only the lowest six bits of an entry, so that
// these need not be masked.
type entry uint32

const (
	literal  entry = 1 << 15
	special  entry = 1 << 14
	endBlock entry = 1 << 7
	zeros          = endBlock
	subtable entry = 1 << 6
	noCode         = special
	maxBits        = 15 // of a code
	litBits        = 11 // of the first-level table for literals and lengths
	distBits       = 8  // of the first-level table for distances
	maxLit         = 288
	maxDist        = 32
	// In a complete code, each subtable is shared by at least two symbols.
	litSize   = 1<<litBits + maxLit/2<<(maxBits-litBits)
	distSize  = 1<<distBits + maxDist/2<<(maxBits-distBits)
	codeBits  = 7 // of the code for code lengths
	codeCount = 19
	codeTable = 1 << codeBits
)

func (e entry) consume() uint { return uint(e) & 63 }
func (e entry) code() uint    { return uint(e>>8) & 63 }
func (e entry) value() uint   { return uint(e >> 16) }

// next returns the entry for bits in the subtable that e refers to.
func (e entry) next(table []entry, bits uint64) entry {
	return table[e.value()+uint(bits&(1<<e.code()-1))]
}

// meaning returns the base plus the extra bits, for a length or distance.
func (e entry) meaning(bits uint64) uint {
	return e.value() + uint(bits&(1<<e.consume()-1)>>e.code())
}

// The entry of each symbol (RFC 1951, 3.2.5), without the bits of its code.
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
	for i := range 16 {
		s[i] = literal | entry(i)<<16
	}
	s[16] = 3<<16 | 2
	s[17] = zeros | 3<<16 | 3
	s[18] = zeros | 11<<16 | 7
	return s
}

// build fills table, whose first level has 1 << width entries, for the
// canonical code (RFC 1951, 3.2.2) with these lengths. It reports whether the
// code is valid: complete, or with at most one symbol.
func build(table []entry, width int, lengths []uint8, symbols []entry) bool {
	var count [maxBits + 1]int
	for _, n := range lengths {
		count[n]++
	}
	used, longest := 0, 0
	for n := 1; n <= maxBits; n++ {
		used += count[n] << (maxBits - n)
		if count[n] > 0 {
			longest = n
		}
	}
	if used != 1<<maxBits {
		return single(table[:1<<width], &count, lengths, symbols)
	}
	var memory [maxLit]uint16
	sorted := memory[:len(lengths)]
	sortByLength(sorted, &count, lengths)
	sorted = sorted[count[0]:]
	code := 0
	for length := 1; length <= width; length++ {
		// The codes so far, followed by a 0 or a 1 bit.
		half := 1 << (length - 1)
		copy(table[half:2*half], table[:half])
		code <<= 1
		for _, symbol := range sorted[:count[length]] {
			table[reverse(code, length)] = symbols[symbol].withCode(length)
			code++
		}
		sorted = sorted[count[length]:]
	}
	// The number of bits of a subtable, the offset of the next one, and the
	// first-level entry of the last one.
	depth, free, last := longest-width, 1<<width, -1
	for length := width + 1; length <= longest; length++ {
		code <<= 1
		for _, symbol := range sorted[:count[length]] {
			reversed := reverse(code, length)
			if first := reversed & (1<<width - 1); first != last {
				table[first] = special | subtable | entry(free)<<16 | entry(depth)<<8 | entry(width)
				last, free = first, free+1<<depth
			}
			fill(table[free-1<<depth:free], reversed>>width, length-width, symbols[symbol])
			code++
		}
		sorted = sorted[count[length]:]
	}
	return true
}

// single fills table for a code with at most one symbol, and reports whether it
// is such a code.
func single(table []entry, count *[maxBits + 1]int, lengths []uint8, symbols []entry) bool {
	if len(lengths)-count[0] > count[1] || count[1] > 1 {
		return false
	}
	for i := range table {
		table[i] = noCode | 1
	}
	for symbol, n := range lengths {
		if n == 1 {
			fill(table, 0, 1, symbols[symbol])
		}
	}
	return true
}

// sortByLength sets sorted to the symbols, sorted by length, then value.
func sortByLength(sorted []uint16, count *[maxBits + 1]int, lengths []uint8) {
	var next [maxBits + 2]int
	for n, k := range count {
		next[n+1] = next[n] + k
	}
	for symbol, n := range lengths {
		sorted[next[n]] = uint16(symbol)
		next[n]++
	}
}

// reverse returns a code as it is in the input, with its first bit lowest.
func reverse(code, length int) int {
	return int(bits.Reverse16(uint16(code)) >> (16 - length))
}

// withCode returns the entry of a symbol for a code of this length.
func (e entry) withCode(length int) entry { return e + entry(length)<<8 + entry(length) }

// fill sets all entries of a table level that end in the reversed code.
func fill(table []entry, reversed, length int, e entry) {
	e = e.withCode(length)
	for i := reversed; i < len(table); i += 1 << length {
		table[i] = e
	}
}
