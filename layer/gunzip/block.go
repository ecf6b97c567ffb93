package gunzip

import (
	"encoding/binary"
	"errors"
)

var errCorrupt = errors.New("invalid deflate data")

// codeOrder is the order of the lengths of the code for code lengths.
var codeOrder = [codeCount]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// tables are the codes of a block.
type tables struct {
	lit     [litSize]entry
	dist    [distSize]entry
	codes   [codeTable]entry
	lengths [maxLit + maxDist]uint8
}

// fixed sets the codes of RFC 1951, 3.2.6.
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

// readLengths reads code lengths, which are compressed themselves.
func (t *tables) readLengths(in *input, lengths []uint8) error {
	for i := 0; i < len(lengths); {
		in.load()
		e := t.codes[in.bits&(codeTable-1)]
		if e&special != 0 {
			return errCorrupt
		}
		if _, err := in.take(int(e.consume())); err != nil {
			return err
		}
		n := e.value()
		if n < 16 {
			lengths[i] = uint8(n)
			i++
			continue
		}
		repeat := [...]struct{ base, extra int }{{3, 2}, {3, 3}, {11, 7}}[n-16]
		extra, err := in.take(repeat.extra)
		if err != nil {
			return err
		}
		times, length := repeat.base+int(extra), uint8(0)
		if n == 16 {
			if i == 0 {
				return errCorrupt
			}
			length = lengths[i-1]
		}
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

// decode decodes symbols into out from w on until less than maxMatch+wordSize
// bytes are left, or the block ends. Everything before w is history.
func (t *tables) decode(in *input, out *[outputSize]byte, w int) (end int, done bool, err error) {
	const limit = outputSize - maxMatch - wordSize
	bits, count := in.bits, in.count
	for w < limit {
		// 56 bits and more: all 48 that a length and a distance have at most.
		if len(in.buf)-in.pos >= wordSize {
			bits |= binary.LittleEndian.Uint64(in.buf[in.pos:]) << (uint(count) & 63)
			in.pos += (63 - count) >> 3
			count |= 56
		} else {
			in.bits, in.count = bits, count
			in.load()
			bits, count = in.bits, in.count
		}
		e := t.lit[bits&(1<<litBits-1)]
		if e&literal != 0 {
			before := w
			// At most one for each of 63 bits, so there is room.
			for e&literal != 0 && count >= int(e.consume()) {
				bits >>= e.consume()
				count -= int(e.consume())
				out[w] = byte(e >> 16)
				w++
				e = t.lit[bits&(1<<litBits-1)]
			}
			if w > before {
				continue
			}
			count = -1 // the input ends within the code
			break
		}
		if e&special != 0 {
			if e&subtable != 0 {
				bits >>= litBits
				count -= litBits
				e = t.lit[e.value()+int(bits&(1<<e.code()-1))]
			}
			if e&(literal|special) != 0 {
				bits >>= e.consume()
				count -= int(e.consume())
				if count < 0 {
					break
				}
				if e&literal != 0 {
					out[w] = byte(e >> 16)
					w++
					continue
				}
				in.bits, in.count = bits, count
				if e&endBlock != 0 {
					return w, true, nil
				}
				return w, false, errCorrupt
			}
		}
		length := e.value() + int(bits&(1<<e.consume()-1)>>e.code())
		bits >>= e.consume()
		count -= int(e.consume())
		d := t.dist[bits&(1<<distBits-1)]
		if d&subtable != 0 {
			bits >>= distBits
			count -= distBits
			d = t.dist[d.value()+int(bits&(1<<d.code()-1))]
		}
		distance := d.value() + int(bits&(1<<d.consume()-1)>>d.code())
		bits >>= d.consume()
		if count -= int(d.consume()); count < 0 {
			break
		}
		if d&special != 0 || distance > w {
			return w, false, errCorrupt
		}
		repeat(out, w, distance, length)
		w += length
	}
	in.bits, in.count = bits, count
	if count < 0 {
		return w, false, in.ended()
	}
	return w, false, nil
}

// repeat copies a match. It may write up to wordSize-1 bytes too many.
func repeat(out *[outputSize]byte, w, distance, length int) {
	from := w - distance
	if distance < wordSize {
		for i := range length {
			out[w+i] = out[from+i]
		}
		return
	}
	for n := 0; n < length; n += wordSize {
		binary.LittleEndian.PutUint64(out[w+n:], binary.LittleEndian.Uint64(out[from+n:]))
	}
}
