package gunzip

// codeOrder is the order in which the lengths of the code for code lengths are
// stored.
var codeOrder = [codeCount]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// tables are the codes of a block.
type tables struct {
	lit     [litSize]entry
	dist    [distSize]entry
	codes   [codeTable]entry
	lengths [maxLit + maxDist]uint8
}

// fixed sets the fixed codes (RFC 1951, 3.2.6).
func (t *tables) fixed() {
	for i := range maxLit {
		switch {
		case i < 144:
			t.lengths[i] = 8
		case i < 256:
			t.lengths[i] = 9
		case i < 280:
			t.lengths[i] = 7
		default:
			t.lengths[i] = 8
		}
	}
	build(t.lit[:], litBits, t.lengths[:maxLit], litSymbols[:])
	for i := range maxDist {
		t.lengths[i] = 5
	}
	build(t.dist[:], distBits, t.lengths[:maxDist], distSymbols[:])
}

// dynamic reads the codes at the start of a block (RFC 1951, 3.2.7).
func (t *tables) dynamic(in *input) error {
	sizes, err := in.take(14)
	if err != nil {
		return err
	}
	lits, dists, codes := int(sizes&31)+257, int(sizes>>5&31)+1, int(sizes>>10)+4
	if lits > 286 || dists > 30 {
		return errCorrupt
	}
	var of [codeCount]uint8
	for _, symbol := range codeOrder[:codes] {
		n, err := in.take(3)
		if err != nil {
			return err
		}
		of[symbol] = uint8(n)
	}
	if !build(t.codes[:], codeBits, of[:], codeSymbols[:]) {
		return errCorrupt
	}
	if err := t.readLengths(in, t.lengths[:lits+dists]); err != nil {
		return err
	}
	if !build(t.lit[:], litBits, t.lengths[:lits], litSymbols[:]) ||
		!build(t.dist[:], distBits, t.lengths[lits:lits+dists], distSymbols[:]) {
		return errCorrupt
	}
	return nil
}

// readLengths reads code lengths, which are compressed with the code for code
// lengths.
func (t *tables) readLengths(in *input, lengths []uint8) error {
	for i := 0; i < len(lengths); {
		in.load()
		e, value := in.symbol(t.codes[:], codeBits)
		if in.count < 0 {
			return in.ended()
		}
		if e&special != 0 {
			return errCorrupt
		}
		if e&literal != 0 {
			lengths[i] = uint8(value)
			i++
			continue
		}
		var length uint8
		if e&zeros == 0 {
			if i == 0 {
				return errCorrupt
			}
			length = lengths[i-1]
		}
		times := int(value)
		if times > len(lengths)-i {
			return errCorrupt
		}
		for range times {
			lengths[i] = length
			i++
		}
	}
	return nil
}
