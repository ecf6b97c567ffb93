package gunzip

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

const (
	// history is the largest distance of a match (RFC 1951, 2).
	history = 32 << 10
	// maxMatch is the length of the longest match.
	maxMatch = 258
	// outputSize has room for the history and twice as much new output.
	outputSize = 3*history + maxMatch + slack
	// maxName bounds a file name or comment in the header, as compress/gzip does.
	maxName = 512
)

var (
	errHeader   = errors.New("not a gzip header")
	errChecksum = errors.New("the checksum does not match")
)

// Reader decompresses a gzip stream of one or more members. It takes less than
// 200 KiB of memory, whatever the input. It is not safe for concurrent use.
type Reader struct {
	in     input
	step   func(*Reader) error
	err    error // sticky
	crc    uint32
	size   uint32 // of the member, modulo 2^32
	last   bool   // the current block is the last of its member
	stored uint   // bytes left of a stored block
	r, w   uint   // out[r:w] is unread
	out    [outputSize]byte
	tables tables
}

// NewReader reads the header of the first member and returns a Reader. Errors
// of src are returned as they are. If the input is truncated, the error is
// io.ErrUnexpectedEOF; other errors mean that it is invalid. Bytes after the
// last member are an error. The Reader buffers its input.
func NewReader(src io.Reader) (*Reader, error) {
	r := &Reader{in: input{src: src}, step: (*Reader).block}
	if err := r.header(); err != nil {
		return nil, err
	}
	return r, nil
}

// Read implements io.Reader.
func (r *Reader) Read(p []byte) (int, error) {
	for r.r == r.w {
		if r.err != nil {
			return 0, r.err
		}
		if len(p) == 0 {
			return 0, nil
		}
		if r.w >= limit {
			copy(r.out[:history], r.out[r.w-history:r.w])
			r.r, r.w = history, history
		}
		r.err = r.step(r)
		r.crc = crc32.Update(r.crc, crc32.IEEETable, r.out[r.r:r.w])
		r.size += uint32(r.w - r.r)
	}
	n := copy(p, r.out[r.r:r.w])
	r.r += uint(n)
	return n, nil
}

// Close implements io.Closer. It does not close the source.
func (r *Reader) Close() error { return nil }

// block starts the next block, or ends the member.
func (r *Reader) block() error {
	if r.last {
		r.in.align()
		r.step = (*Reader).trailer
		return nil
	}
	head, err := r.in.take(3)
	if err != nil {
		return err
	}
	r.last = head&1 != 0
	switch head >> 1 {
	case 0:
		r.in.align()
		var sizes [4]byte
		if err := r.in.full(sizes[:]); err != nil {
			return err
		}
		n := binary.LittleEndian.Uint16(sizes[:])
		if n != ^binary.LittleEndian.Uint16(sizes[2:]) {
			return errCorrupt
		}
		r.stored, r.step = uint(n), (*Reader).copyStored
	case 1:
		r.tables.fixed()
		r.step = (*Reader).symbols
	case 2:
		r.step = (*Reader).symbols
		return r.tables.dynamic(&r.in)
	default:
		return errCorrupt
	}
	return nil
}

func (r *Reader) copyStored() error {
	if r.stored == 0 {
		r.step = (*Reader).block
		return nil
	}
	n, err := r.in.read(r.out[r.w:min(r.w+r.stored, outputSize)])
	r.w += uint(n)
	r.stored -= uint(n)
	return err
}

// symbols decodes a block until it ends or the output buffer is full.
func (r *Reader) symbols() (err error) {
	for done := false; r.w < limit && !done && err == nil; {
		r.in.load()
		if r.in.more(); r.in.end-r.in.pos >= fastInput {
			r.w, done, err = r.tables.decode(&r.in, &r.out, r.w)
		} else {
			r.w, done, err = r.tables.decodeOne(&r.in, &r.out, r.w)
		}
		if done {
			r.step = (*Reader).block
		}
	}
	return err
}

// trailer checks the end of a member and starts the next one, if any.
func (r *Reader) trailer() error {
	var sums [8]byte
	if err := r.in.full(sums[:]); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(sums[:]) != r.crc || binary.LittleEndian.Uint32(sums[4:]) != r.size {
		return errChecksum
	}
	if r.in.more(); r.in.pos == r.in.end {
		return r.in.err // io.EOF: the end
	}
	return r.header()
}

// header reads the header of a member (RFC 1952, 2.3) and starts the member.
func (r *Reader) header() error {
	var head [10]byte
	if err := r.in.full(head[:]); err != nil {
		return err
	}
	if head[0] != 0x1f || head[1] != 0x8b || head[2] != 8 {
		return errHeader
	}
	h := header{in: &r.in, sum: crc32.ChecksumIEEE(head[:])}
	if err := h.rest(head[3]); err != nil {
		return err
	}
	r.crc, r.size, r.last, r.step = 0, 0, false, (*Reader).block
	r.r, r.w = 0, 0 // a member starts without history
	return nil
}

// header parses the optional part of a header.
type header struct {
	in  *input
	sum uint32
}

func (h *header) rest(flags byte) error {
	const hasSum, hasExtra, hasName, hasComment = 1 << 1, 1 << 2, 1 << 3, 1 << 4
	if flags&hasExtra != 0 {
		size, err := h.bytes(2)
		if err != nil {
			return err
		}
		if _, err := h.bytes(int(binary.LittleEndian.Uint16(size))); err != nil {
			return err
		}
	}
	for _, flag := range []byte{hasName, hasComment} {
		if flags&flag != 0 {
			if err := h.text(); err != nil {
				return err
			}
		}
	}
	if flags&hasSum != 0 {
		want := uint16(h.sum)
		got, err := h.bytes(2)
		if err != nil {
			return err
		}
		if binary.LittleEndian.Uint16(got) != want {
			return errHeader
		}
	}
	return nil
}

// bytes reads n bytes, at most 65,535.
func (h *header) bytes(n int) ([]byte, error) {
	b := make([]byte, n)
	err := h.in.full(b)
	h.sum = crc32.Update(h.sum, crc32.IEEETable, b)
	return b, err
}

// text reads a text up to its terminating zero byte.
func (h *header) text() error {
	for range maxName {
		b, err := h.bytes(1)
		if err != nil {
			return err
		}
		if b[0] == 0 {
			return nil
		}
	}
	return errHeader
}
