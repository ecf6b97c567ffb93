package gunzip

import (
	"encoding/binary"
	"errors"
)

var errCorrupt = errors.New("invalid deflate data")

const (
	// fastInput is how many unread bytes decode needs for a round: more than a
	// word.
	fastInput = 2 * wordSize
	// chunk is the unit in which matches are copied.
	chunk = 16
	// slack is how many bytes decode may write in one round in addition to a
	// match: up to four literals, or the rest of two chunks.
	slack = 2 * chunk
	// limit is the end of the output up to which there is space for one more
	// round.
	limit    = outputSize - maxMatch - slack
	litMask  = 1<<litBits - 1
	distMask = 1<<distBits - 1
)

// decode decodes symbols into out, starting at w, until the block ends or there
// is not enough input or space left for another round. Everything before w is
// history. At least litBits of input must be loaded.
//
// A round loads 64 bits and may consume 56 of them. That is enough for four
// literals of the first level, which take 44, or for a length and a distance,
// which take at most 48. The remaining bits suffice to look up e for the next
// round before its bits are loaded.
func (t *tables) decode(in *input, out *[outputSize]byte, w uint) (end uint, done bool, err error) {
	pos, bits, count := uint(in.pos), in.bits, uint64(in.count)
	// The second bound lets the compiler omit bounds checks.
	last := min(uint(in.end)-fastInput, inputSize-fastInput)
	e := t.lit[bits&litMask]
	for w < limit && pos <= last {
		pos, bits, count = refill(&in.memory, pos, bits, count)
		if e&literal != 0 {
			w, bits, count = e.put(out, w, bits, count)
			if e = t.lit[bits&litMask]; e&literal == 0 {
				continue
			}
			w, bits, count = e.put(out, w, bits, count)
			if e = t.lit[bits&litMask]; e&literal == 0 {
				continue
			}
			w, bits, count = e.put(out, w, bits, count)
			if e = t.lit[bits&litMask]; e&literal == 0 {
				continue
			}
			w, bits, count = e.put(out, w, bits, count)
			e = t.lit[bits&litMask]
			continue
		}
		if e&special != 0 {
			if e&subtable != 0 {
				bits >>= litBits
				count -= litBits
				e = e.next(t.lit[:], bits)
			}
			if e&literal != 0 {
				w, bits, count = e.put(out, w, bits, count)
				e = t.lit[bits&litMask]
				continue
			}
			if e&special != 0 {
				bits >>= e & 63
				count -= uint64(e)
				if done = e&endBlock != 0; !done {
					err = errCorrupt
				}
				break
			}
		}
		length := e.meaning(bits)
		bits >>= e & 63
		count -= uint64(e)
		d := t.dist[bits&distMask]
		if d&subtable != 0 {
			bits >>= distBits
			count -= distBits
			d = d.next(t.dist[:], bits)
		}
		distance := d.meaning(bits)
		bits >>= d & 63
		count -= uint64(d)
		if d&special != 0 || distance > w {
			err = errCorrupt
			break
		}
		e = t.lit[bits&litMask]
		if distance >= chunk && length <= 2*chunk {
			from := w - distance
			*(*[chunk]byte)(out[w:]) = *(*[chunk]byte)(out[from:])
			*(*[chunk]byte)(out[w+chunk:]) = *(*[chunk]byte)(out[from+chunk:])
		} else {
			repeat(out, w, distance, length)
		}
		w += length
	}
	in.pos, in.bits, in.count = int(pos), bits, int(count&63)
	return w, done, err
}

// put writes a literal and consumes its code.
func (e entry) put(out *[outputSize]byte, w uint, bits, count uint64) (uint, uint64, uint64) {
	out[w] = byte(e >> 16)
	return w + 1, bits >> (e & 63), count - uint64(e)
}

// decodeOne decodes one symbol near the end of the input.
func (t *tables) decodeOne(in *input, out *[outputSize]byte, w uint) (end uint, done bool, err error) {
	in.load()
	e, length := in.symbol(t.lit[:], litBits)
	if in.count < 0 {
		return w, false, in.ended()
	}
	if e&literal != 0 {
		out[w] = byte(length)
		return w + 1, false, nil
	}
	if e&special != 0 {
		if e&endBlock != 0 {
			return w, true, nil
		}
		return w, false, errCorrupt
	}
	d, distance := in.symbol(t.dist[:], distBits)
	if in.count < 0 {
		return w, false, in.ended()
	}
	if d&special != 0 || distance > w {
		return w, false, errCorrupt
	}
	repeat(out, w, distance, length)
	return w + length, false, nil
}

// repeat copies a match of any length and distance. It may write up to slack
// bytes after the match.
func repeat(out *[outputSize]byte, w, distance, length uint) {
	end := w + length
	switch {
	case distance >= chunk:
		for ; w < end; w += chunk {
			*(*[chunk]byte)(out[w:]) = *(*[chunk]byte)(out[w-distance:])
		}
	case distance >= wordSize:
		for ; w < end; w += wordSize {
			*(*[wordSize]byte)(out[w:]) = *(*[wordSize]byte)(out[w-distance:])
		}
	default:
		// Fill a word with the pattern and write it repeatedly. Copying from
		// the output would have to wait for the preceding write.
		v := binary.LittleEndian.Uint64(out[w-distance:]) & (1<<(8*distance) - 1)
		for n := 8 * distance; n < 64; n *= 2 {
			v |= v << n
		}
		for stride := wordSize - wordSize%distance; w < end; w += stride {
			binary.LittleEndian.PutUint64(out[w:], v)
		}
	}
}
