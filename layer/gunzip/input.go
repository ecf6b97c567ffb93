package gunzip

import (
	"encoding/binary"
	"io"
)

const (
	inputSize = 64 << 10
	// wordSize is how many bytes the fast path loads at once.
	wordSize = 8
)

// input is the compressed input: a buffer, and the bits loaded from it.
type input struct {
	src  io.Reader
	pos  int // memory[pos:end] is unread
	end  int
	err  error // of src, sticky
	bits uint64
	// count is how many of bits are valid. Higher bits are zero or equal to
	// those that follow in memory, so that loading them again by OR changes
	// nothing. The count is negative if a symbol needed more bits than there
	// were.
	count  int
	memory [inputSize]byte
}

// more reads from src unless there is enough input for decode or src has ended.
func (in *input) more() {
	if in.end-in.pos >= fastInput || in.err != nil {
		return
	}
	// Keep the bytes that are loaded in bits, which align may return.
	kept := in.count >> 3
	in.end = copy(in.memory[:], in.memory[in.pos-kept:in.end])
	in.pos = kept
	for in.end < kept+fastInput && in.err == nil {
		var k int
		k, in.err = in.src.Read(in.memory[in.end:])
		in.end += k
	}
}

// load fills bits up to 56 to 63 bits, or with all that is left.
func (in *input) load() {
	in.more()
	if in.end-in.pos >= wordSize {
		pos, bits, count := refill(&in.memory, uint(in.pos), in.bits, uint64(in.count))
		in.pos, in.bits, in.count = int(pos), bits, int(count)
		return
	}
	for in.count < 56 && in.pos < in.end {
		in.bits |= uint64(in.memory[in.pos]) << uint(in.count)
		in.pos++
		in.count += 8
	}
}

// refill loads a word and counts those of its bytes that fit, without a branch.
// It uses only the lowest six bits of count.
func refill(memory *[inputSize]byte, pos uint, bits, count uint64) (uint, uint64, uint64) {
	bits |= binary.LittleEndian.Uint64(memory[pos:pos+wordSize]) << (count & 63)
	return pos + uint(^count>>3&7), bits, count | 56
}

// symbol consumes a code and its extra bits and returns their value. The count
// is negative afterwards if there were not enough bits.
func (in *input) symbol(table []entry, width uint) (e entry, value uint) {
	e = table[in.bits&(1<<width-1)]
	if e&subtable != 0 {
		in.bits >>= width
		in.count -= int(width)
		e = e.next(table, in.bits)
	}
	value = e.meaning(in.bits)
	in.bits >>= e.consume()
	in.count -= int(e.consume())
	return e, value
}

// take consumes and returns the next n bits, at most 32.
func (in *input) take(n int) (uint, error) {
	if in.count < n {
		if in.load(); in.count < n {
			return 0, in.ended()
		}
	}
	v := uint(in.bits & (1<<n - 1))
	in.bits >>= n
	in.count -= n
	return v, nil
}

// align drops the rest of the current byte and returns whole bytes to memory.
func (in *input) align() {
	in.pos -= in.count >> 3
	in.bits, in.count = 0, 0
}

// read reads bytes. The input must be aligned.
func (in *input) read(p []byte) (int, error) {
	in.more()
	if in.pos == in.end {
		return 0, in.ended()
	}
	n := copy(p, in.memory[in.pos:in.end])
	in.pos += n
	return n, nil
}

// full reads all of p.
func (in *input) full(p []byte) error {
	for len(p) > 0 {
		n, err := in.read(p)
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// ended returns the error for input that ends too early.
func (in *input) ended() error {
	if in.err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return in.err
}
