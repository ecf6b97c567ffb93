package untar

import "strconv"

// numbers parses the numeric fields of a header and remembers whether one of
// them was invalid.
type numbers struct{ broken bool }

// numeric parses an octal number or, if the first bit is set, a base-256 one:
// big-endian two's complement with the second bit as its sign.
func (n *numbers) numeric(field []byte) int64 {
	var v int64
	var ok bool
	if field[0]&0x80 != 0 {
		v, ok = base256(field)
	} else {
		v, ok = octal(field)
	}
	if !ok {
		n.broken = true
		return 0
	}
	return v
}

// octal parses a number surrounded by spaces and NULs. A field without digits
// is zero. No field has more than 12 digits, which is 36 bits.
func octal(field []byte) (v int64, ok bool) {
	i := padding(field)
	if i == len(field) {
		return 0, true
	}
	first := i
	for i < len(field) && '0' <= field[i] && field[i] <= '7' {
		v = v<<3 | int64(field[i]-'0')
		i++
	}
	// Anything may follow a NUL after the number; after a space, only padding.
	ended := i == len(field) || field[i] == 0 || i+padding(field[i:]) == len(field)
	return v, i > first && ended
}

// padding returns how many spaces and NULs b begins with.
func padding(b []byte) int {
	i := 0
	for i < len(b) && (b[i] == ' ' || b[i] == 0) {
		i++
	}
	return i
}

func base256(field []byte) (v int64, ok bool) {
	var invert byte // -a-1 == ^a: a negative number is parsed as its complement
	if field[0]&0x40 != 0 {
		invert = 0xff
	}
	x := uint64((field[0] ^ invert) & 0x7f)
	for _, c := range field[1:] {
		if x>>55 != 0 {
			return 0, false // the next byte would not fit 63 bits
		}
		x = x<<8 | uint64(c^invert)
	}
	if invert != 0 {
		return ^int64(x), true
	}
	return int64(x), true
}

// decimal parses a number of a PAX record or a sparse map. The conversion to a
// string does not allocate unless the number is too long anyway.
func decimal(b []byte) (int64, bool) {
	v, err := strconv.ParseInt(string(b), 10, 64)
	return v, err == nil
}
