package gunzip

import (
	"encoding/binary"
	"io"
)

const (
	inputSize = 64 << 10
	// wordSize is what the fast path loads at once.
	wordSize = 8
)

// input is the compressed side: a buffer, and the bits that were taken out of it.
type input struct {
	src  io.Reader
	buf  []byte // the unread part is buf[pos:]
	pos  int
	err  error // of src, sticky
	bits uint64
	// count is how many of bits are valid. Bits above are those that follow in
	// buf, or zero: to or them in again changes nothing. It falls below zero
	// when a symbol needed more than there was.
	count  int
	memory [inputSize]byte
}

// more reads on, unless there is at least a word or nothing more to come.
func (in *input) more() {
	if len(in.buf)-in.pos >= wordSize || in.err != nil {
		return
	}
	// The bytes that bits were taken from stay, for align to give back.
	kept := in.count >> 3
	n := copy(in.memory[:], in.buf[in.pos-kept:])
	in.pos = kept
	for n < kept+wordSize && in.err == nil {
		var k int
		k, in.err = in.src.Read(in.memory[n:])
		n += k
	}
	in.buf = in.memory[:n]
}

// load fills bits with 56 to 63, or all that is left.
func (in *input) load() {
	in.more()
	if len(in.buf)-in.pos >= wordSize {
		in.bits |= binary.LittleEndian.Uint64(in.buf[in.pos:]) << (uint(in.count) & 63)
		in.pos += (63 - in.count) >> 3
		in.count |= 56
		return
	}
	for in.count < 56 && in.pos < len(in.buf) {
		in.bits |= uint64(in.buf[in.pos]) << uint(in.count)
		in.pos++
		in.count += 8
	}
}

// take returns the next n bits, at most 32.
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

// align drops the rest of a byte and gives whole bytes back.
func (in *input) align() {
	in.pos -= in.count >> 3
	in.bits, in.count = 0, 0
}

// read reads bytes; the input must be aligned.
func (in *input) read(p []byte) (int, error) {
	in.more()
	if in.pos == len(in.buf) {
		return 0, in.ended()
	}
	n := copy(p, in.buf[in.pos:])
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

// ended is the error for input that ends too early.
func (in *input) ended() error {
	if in.err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return in.err
}
