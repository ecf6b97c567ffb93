// Package zipdir reads zip archives entry by entry: the central directory is a
// stream, of which nothing is kept, so that an archive costs no memory for its
// entries, however many there are and however long their names.
//
// The directory is what counts, as for the Java virtual machine and for Python:
// what lies between the files of an archive, or what their own headers say, is
// not looked at (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
package zipdir

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	localHeader   = 30
	centralHeader = 46
	end           = 22
	end64         = 56
	end64Locator  = 20
	maxComment    = 65535

	stored   = 0
	deflated = 8

	// maxWindow is how much of a directory is read at once. Nested archives have
	// small ones.
	maxWindow = 32 << 10
	// entriesPerLook is how many entries are read between two looks at the context.
	entriesPerLook = 1024
)

var (
	// ErrFormat means that a file is no zip archive.
	ErrFormat = errors.New("no zip archive")
	// ErrDirectory means that the central directory ends early, or does not have
	// as many entries as it says.
	ErrDirectory = errors.New("broken directory of a zip archive")
	// ErrEntry means that an entry cannot be read.
	ErrEntry = errors.New("broken entry of a zip archive")
)

// Archive is a zip archive. It may be used concurrently, if its reader may.
type Archive struct {
	r         io.ReaderAt
	size      int64
	base      int64 // of offsets: archives may have something before them
	directory int64 // offset in the file
	end       int64 // of the directory
	entries   uint64
	many      bool // entries counts all of them, not the lowest 16 bits
}

// Entry is what the directory says of a file.
type Entry struct {
	Name   []byte // as it is there: any bytes. Overwritten by the next entry
	Size   uint64 // unpacked; a claim
	packed uint64
	offset uint64
	method uint16
	locked bool // encrypted
}

// Open finds the directory of the archive in the first size bytes of r.
func Open(r io.ReaderAt, size int64) (*Archive, error) {
	tail := make([]byte, min(size, end+maxComment))
	if n, err := r.ReadAt(tail, size-int64(len(tail))); n < len(tail) {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	at := findEnd(tail)
	if at < 0 {
		return nil, ErrFormat
	}
	d := tail[at:]
	a := &Archive{r: r, size: size, end: size - int64(len(tail)-at), entries: uint64(binary.LittleEndian.Uint16(d[10:]))}
	length, offset := uint64(binary.LittleEndian.Uint32(d[12:])), uint64(binary.LittleEndian.Uint32(d[16:]))
	if a.entries == 0xffff || length == 0xffffffff || offset == 0xffffffff {
		if l, o, ok := a.readEnd64(); ok {
			length, offset = l, o
		}
	}
	if length > uint64(a.end) || offset > uint64(a.end) || length+offset > uint64(a.end) {
		return nil, ErrDirectory
	}
	a.directory = a.end - int64(length)
	if a.base = a.directory - int64(offset); a.base > 0 && a.isEntry(int64(offset)) && !a.isEntry(a.directory) {
		a.base, a.directory = 0, int64(offset)
	}
	return a, nil
}

// findEnd returns where the end of the directory is: the last that a comment
// follows which ends with the file, or else the last. -1 means none.
func findEnd(tail []byte) int {
	signature := []byte("PK\x05\x06")
	last := -1
	for limit := len(tail); ; {
		at := bytes.LastIndex(tail[:limit], signature)
		if at < 0 {
			return last
		}
		if at+end <= len(tail) {
			after := at + end + int(binary.LittleEndian.Uint16(tail[at+end-2:]))
			if after == len(tail) {
				return at
			}
			if last < 0 && after < len(tail) {
				last = at
			}
		}
		limit = at
	}
}

// readEnd64 reads the end of the directory in the form for large archives.
func (a *Archive) readEnd64() (length, offset uint64, ok bool) {
	var locator [end64Locator]byte
	if !a.read(locator[:], a.end-end64Locator) || string(locator[:4]) != "PK\x06\x07" {
		return 0, 0, false
	}
	at := binary.LittleEndian.Uint64(locator[8:])
	var d [end64]byte
	for _, at := range []int64{int64(at), a.end - end64Locator - end64} { // what lies before the archive is not counted
		if a.read(d[:], at) && string(d[:4]) == "PK\x06\x06" {
			a.end, a.many = at, true
			a.entries = binary.LittleEndian.Uint64(d[32:])
			return binary.LittleEndian.Uint64(d[40:]), binary.LittleEndian.Uint64(d[48:]), true
		}
	}
	return 0, 0, false
}

func (a *Archive) read(b []byte, at int64) bool {
	if at < 0 || at > a.size-int64(len(b)) {
		return false
	}
	n, _ := a.r.ReadAt(b, at)
	return n == len(b)
}

func (a *Archive) isEntry(at int64) bool {
	var b [4]byte
	return a.read(b[:], at) && string(b[:]) == "PK\x01\x02"
}

// Each shows the entries in the order of the directory until visit returns an
// error, which it returns.
func (a *Archive) Each(ctx context.Context, visit func(*Entry) error) error {
	length := a.end - a.directory
	d := directory{r: bufio.NewReaderSize(io.NewSectionReader(a.r, a.directory, length), int(min(length, maxWindow)))}
	for n := uint64(0); ; n++ {
		if n%entriesPerLook == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		switch err := d.next(); {
		case err == io.EOF && n != a.entries && (a.many || n&0xffff != a.entries):
			return fmt.Errorf("%w: %d entries of %d", ErrDirectory, n, a.entries)
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("%w: after %d entries", ErrDirectory, n)
		}
		if err := visit(&d.entry); err != nil {
			return err
		}
	}
}

// directory is a central directory as it is read, with room for one entry.
type directory struct {
	r           *bufio.Reader
	head        [centralHeader]byte
	name, extra []byte
	entry       Entry
}

// next reads an entry. It returns io.EOF behind the last, and another error for
// what is none.
func (d *directory) next() error {
	h := d.head[:]
	if _, err := io.ReadFull(d.r, h); err != nil {
		return err
	}
	if string(h[:4]) != "PK\x01\x02" {
		return ErrDirectory
	}
	d.name = grown(d.name, binary.LittleEndian.Uint16(h[28:]))
	d.extra = grown(d.extra, binary.LittleEndian.Uint16(h[30:]))
	for _, b := range [][]byte{d.name, d.extra} {
		if _, err := io.ReadFull(d.r, b); err != nil {
			return ErrDirectory
		}
	}
	if _, err := d.r.Discard(int(binary.LittleEndian.Uint16(h[32:]))); err != nil {
		return ErrDirectory
	}
	d.entry = Entry{
		Name:   d.name,
		Size:   uint64(binary.LittleEndian.Uint32(h[24:])),
		packed: uint64(binary.LittleEndian.Uint32(h[20:])),
		offset: uint64(binary.LittleEndian.Uint32(h[42:])),
		method: binary.LittleEndian.Uint16(h[10:]),
		locked: h[8]&1 != 0,
	}
	d.entry.large(d.extra)
	return nil
}

func grown(b []byte, n uint16) []byte {
	if cap(b) < int(n) {
		return make([]byte, n)
	}
	return b[:n]
}

// large reads sizes that do not fit 32 bits: they are in the extra field, each
// only if it does not fit.
func (e *Entry) large(extra []byte) {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return
		}
		if value := extra[4 : 4+n]; id == 1 {
			for _, v := range []*uint64{&e.Size, &e.packed, &e.offset} {
				if *v == 0xffffffff && len(value) >= 8 {
					*v, value = binary.LittleEndian.Uint64(value), value[8:]
				}
			}
			return
		}
		extra = extra[4+n:]
	}
}

// data is the packed content of an entry.
func (a *Archive) data(e *Entry) (*io.SectionReader, error) {
	var head [localHeader]byte
	at := a.base + int64(e.offset)
	if e.offset > uint64(a.size) || !a.read(head[:], at) || string(head[:4]) != "PK\x03\x04" {
		return nil, ErrEntry
	}
	at += localHeader + int64(binary.LittleEndian.Uint16(head[26:])) + int64(binary.LittleEndian.Uint16(head[28:]))
	if at > a.size || e.packed > uint64(a.size-at) {
		return nil, ErrEntry
	}
	if e.locked {
		return nil, fmt.Errorf("%w: encrypted", ErrEntry)
	}
	return io.NewSectionReader(a.r, at, int64(e.packed)), nil
}

// Stored is the content of an entry that is not packed; nil when it is.
func (a *Archive) Stored(e *Entry) *io.SectionReader {
	if e.method != stored || e.packed != e.Size {
		return nil
	}
	r, err := a.data(e)
	if err != nil {
		return nil
	}
	return r
}

// Inflater unpacks entries, one at a time. Its zero value is ready for use.
type Inflater struct {
	in  bufio.Reader
	out io.Reader
}

// Open reads an entry from its start, until the next is opened. It does not end
// at the size that the entry claims.
func (i *Inflater) Open(a *Archive, e *Entry) (io.Reader, error) {
	data, err := a.data(e)
	if err != nil {
		return nil, err
	}
	switch e.method {
	case stored:
		return data, nil
	case deflated:
		i.in.Reset(data)
		if i.out == nil {
			i.out = flate.NewReader(&i.in)
		} else if err := i.out.(flate.Resetter).Reset(&i.in, nil); err != nil {
			return nil, err
		}
		return i.out, nil
	}
	return nil, fmt.Errorf("%w: compression method %d", ErrEntry, e.method)
}

// maxRatio is how much deflate can pack at best: 258 bytes into two bits, with
// some bytes before them.
const maxRatio = 1032

// ReadAll reads an entry of the size that it claims, which may be limit at most.
// It allocates no more than the packed bytes can be.
func (i *Inflater) ReadAll(a *Archive, e *Entry, limit int64) ([]byte, error) {
	if e.Size > uint64(limit) {
		return nil, fmt.Errorf("%w: %d bytes exceed the limit of %d", ErrEntry, e.Size, limit)
	}
	if e.Size/maxRatio > e.packed {
		return nil, fmt.Errorf("%w: %d bytes of %d that are packed", ErrEntry, e.Size, e.packed)
	}
	r, err := i.Open(a, e)
	if err != nil {
		return nil, err
	}
	b := make([]byte, e.Size)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEntry, err)
	}
	var more [1]byte
	if n, _ := io.ReadFull(r, more[:]); n > 0 {
		return nil, fmt.Errorf("%w: it has more bytes than it claims", ErrEntry)
	}
	return b, nil
}
