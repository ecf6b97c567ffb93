// Package objfile reads the headers of executables, ELF, PE and Mach-O, as far
// as it takes to find data in them: what is loaded where, and sections by name.
//
// ELF is read as Linux does it: by the program headers. Section headers, which
// a program runs without, may be wrong or absent and spoil nothing but
// themselves. Counts and sizes are checked before anything is allocated, names
// are compared where they lie, and no more than 4 MiB of headers are read,
// whatever the file says of itself.
package objfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	// maxHeaders bounds a table of headers: 65,535 section headers of 64 bytes.
	maxHeaders = 4 << 20
	// maxSegments bounds the segments of an image. Linux takes 1,170.
	maxSegments = 2048
	// maxMatches bounds the sections of the wanted names.
	maxMatches = 16
	// maxName bounds the name of a section that can be asked for, in bytes.
	maxName = 32
)

var (
	// ErrFormat means that the file is none of the three formats.
	ErrFormat = errors.New("no ELF, PE or Mach-O file")
	// ErrHeaders means that headers without which nobody can load the file are
	// broken or lie outside of it.
	ErrHeaders = errors.New("broken headers of an executable")
)

// Image is what is loaded of a file: all of it, or what is for one architecture
// of a universal Mach-O file. Offsets are from the start of the file.
type Image struct {
	Segments []Segment
	// Sections are those of the names that were asked for.
	Sections []Section
	// SectionsErr tells why sections could not be looked up, in an image that
	// is whole otherwise.
	SectionsErr error
}

// Segment is a part of the file that is loaded, of at least one byte.
type Segment struct {
	Offset, Size int64
	Addr         uint64
	Writable     bool
}

// Section is a named part of the file.
type Section struct {
	Name         string
	Offset, Size int64
	Addr         uint64
}

// Open reads the headers of the executable in the first size bytes of r and
// looks up the sections of some names, of at most 32 bytes each. Without names
// it does not look at sections.
func Open(r io.ReaderAt, size int64, names ...string) ([]*Image, error) {
	f := &file{r: r, size: size, names: names}
	var magic [8]byte
	if !f.read(magic[:], 0) {
		return nil, ErrFormat
	}
	switch {
	case string(magic[:4]) == "\x7fELF":
		return one(f.elf())
	case string(magic[:2]) == "MZ":
		return one(f.pe())
	case IsFat(magic[:]):
		return f.fat()
	}
	return one(f.macho(0, size))
}

func one(i *Image, err error) ([]*Image, error) {
	if err != nil {
		return nil, err
	}
	return []*Image{i}, nil
}

// file is a file whose headers are read.
type file struct {
	r     io.ReaderAt
	size  int64
	names []string
}

// read fills b from an offset, which need not be within the file.
func (f *file) read(b []byte, offset int64) bool {
	if offset < 0 || offset > f.size-int64(len(b)) {
		return false
	}
	n, err := f.r.ReadAt(b, offset)
	return n == len(b) && (err == nil || err == io.EOF)
}

// table reads count entries of a size.
func (f *file) table(offset uint64, count, entry int) ([]byte, error) {
	length := int64(count) * int64(entry)
	if length > maxHeaders || offset > uint64(f.size) || length > f.size-int64(offset) {
		return nil, fmt.Errorf("%w: %d headers of %d bytes at %d", ErrHeaders, count, entry, offset)
	}
	b := make([]byte, length)
	if !f.read(b, int64(offset)) {
		return nil, ErrHeaders
	}
	return b, nil
}

// clip is what lies within the file of a part of it.
func (f *file) clip(offset, size uint64) (int64, int64) {
	if offset >= uint64(f.size) {
		return f.size, 0
	}
	return int64(offset), int64(min(size, uint64(f.size)-offset))
}

// segment takes a segment, of which an image may have too many.
func (f *file) segment(i *Image, offset, size, addr uint64, writable bool) error {
	at, n := f.clip(offset, size)
	if n == 0 {
		return nil
	}
	if len(i.Segments) == maxSegments {
		return fmt.Errorf("%w: more than %d segments", ErrHeaders, maxSegments)
	}
	i.Segments = append(i.Segments, Segment{Offset: at, Size: n, Addr: addr, Writable: writable})
	return nil
}

// section takes a section whose name, followed by bytes that do not matter, is
// one that was asked for.
func (f *file) section(i *Image, name []byte, offset, size, addr uint64) {
	for _, want := range f.names {
		if len(i.Sections) < maxMatches && startsWith(name, want) {
			at, n := f.clip(offset, size)
			i.Sections = append(i.Sections, Section{Name: want, Offset: at, Size: n, Addr: addr})
			return
		}
	}
}

// startsWith compares with a name that ends at a zero byte, or where b ends.
func startsWith(b []byte, name string) bool {
	return len(b) >= len(name) && string(b[:len(name)]) == name && (len(b) == len(name) || b[len(name)] == 0)
}

// field reads an unsigned integer of 2, 4 or 8 bytes.
func field(order binary.ByteOrder, b []byte, at, bytes int) uint64 {
	switch bytes {
	case 2:
		return uint64(order.Uint16(b[at:]))
	case 4:
		return uint64(order.Uint32(b[at:]))
	}
	return order.Uint64(b[at:])
}
