package untar

import (
	"errors"
	"io"
	"slices"
)

// maxSpecial bounds the size of a PAX header, a long name or the map of a sparse
// file. It is the limit of archive/tar and libarchive. A reader's buffers take
// at most 10 MiB: records and their map of format 0.0, two names, a line, and
// regions.
const maxSpecial = 1 << 20

var (
	errHeader  = errors.New("invalid tar header")
	errNumber  = errors.New("invalid number in a tar header")
	errSize    = errors.New("negative size in a tar header")
	errRecord  = errors.New("invalid PAX record")
	errTooLong = errors.New("tar header or sparse map larger than 1 MiB")
	errZero    = errors.New("zero block between entries")
)

// Type flags that this package interprets. archive/tar has names for them too.
const (
	typeOldReg    = '\x00'
	typeReg       = '0'
	typeLink      = '1'
	typeDir       = '5'
	typeFifo      = '6'
	typeRecords   = 'x'
	typeGlobal    = 'g'
	typeGNUSparse = 'S'
	typeLongName  = 'L'
	typeLongLink  = 'K'
)

// Source is the input of a Reader. [bufio.Reader] implements it.
type Source interface {
	io.Reader
	// Discard skips n bytes. It returns an error if it skipped fewer.
	Discard(n int) (int, error)
}

// Header describes an entry. Name and Linkname must not be changed and are
// valid until the next call of [Reader.Next].
type Header struct {
	Name     []byte // as stored; may contain any byte but NUL
	Linkname []byte
	Type     byte  // a type flag of archive/tar
	Mode     int64 // as stored
	// Size is the size of the content according to the header, including
	// holes. Links, directories and special files have no content, whatever
	// their size.
	Size               int64
	UID, GID           int
	Devmajor, Devminor int64
}

// headerOnly reports whether entries of this type have no body, whatever their
// size.
func (h *Header) headerOnly() bool { return typeLink <= h.Type && h.Type <= typeFifo }

// Reader reads an archive entry by entry. It is not safe for concurrent use.
type Reader struct {
	src      Source
	header   Header
	block    block // of header
	extra    block // of a sparse map
	left     int64 // unread bytes of the body
	padding  int64 // bytes of padding after the body
	sparse   sparse
	records  records
	longName []byte
	longLink []byte
	name     []byte // buffer for prefix and name
	line     []byte // buffer for a line of a sparse map
	err      error  // sticky
}

// NewReader returns a reader of src.
func NewReader(src Source) *Reader { return &Reader{src: src} }

// Next advances to the next entry, skipping the unread rest of the current one.
// After the last entry it returns io.EOF. The archive ends at two zero blocks or
// at the end of src, which may be within the padding of a file. If src ends
// within a header or a file, Next returns io.ErrUnexpectedEOF. It returns errors
// of src as they are; other errors mean that src is not a valid archive. After
// an error, Next returns the same error again.
//
// A global PAX header (archive/tar's TypeXGlobalHeader) is returned as an entry.
// It has no effect on other entries.
func (r *Reader) Next() (*Header, error) {
	if r.err == nil {
		r.err = r.next()
	}
	if r.err != nil {
		return nil, r.err
	}
	return &r.header, nil
}

func (r *Reader) next() error {
	r.records.reset()
	r.longName, r.longLink = r.longName[:0], r.longLink[:0]
	for {
		err := r.readHeader()
		if err != nil {
			return err
		}
		switch r.header.Type {
		case typeRecords, typeGlobal:
			r.records.reset()
			if r.records.raw, err = r.readSpecial(r.records.raw); err == nil {
				err = r.records.parse()
			}
			if err == nil && r.header.Type == typeGlobal {
				r.records.reset()
				return nil
			}
		case typeLongName:
			r.longName, err = r.readSpecial(r.longName)
		case typeLongLink:
			r.longLink, err = r.readSpecial(r.longLink)
		default:
			return r.finishHeader()
		}
		if err != nil {
			return err
		}
	}
}

// readHeader skips the rest of the current entry and reads the next header
// block.
func (r *Reader) readHeader() error {
	if err := r.skip(); err != nil {
		return err
	}
	if _, err := io.ReadFull(r.src, r.block[:]); err != nil {
		return err // io.EOF is fine
	}
	sum := r.block.sum()
	if sum == 0 {
		if _, err := io.ReadFull(r.src, r.block[:]); err != nil {
			return err
		}
		if r.block.sum() == 0 {
			return io.EOF
		}
		return errZero
	}
	if !r.block.valid(sum) {
		return errHeader
	}
	return r.parseHeader()
}

func (r *Reader) parseHeader() error {
	b, h := &r.block, &r.header
	var n numbers
	*h = Header{
		Name: cString(b.name()), Linkname: cString(b.linkname()), Type: b.typeflag(),
		Mode: n.numeric(b.mode()), Size: n.numeric(b.size()),
		UID: int(n.numeric(b.uid())), GID: int(n.numeric(b.gid())),
	}
	n.numeric(b.modified()) // not returned, but an invalid time makes the header invalid
	f := b.format()
	if f != v7 {
		h.Devmajor, h.Devminor = n.numeric(b.devmajor()), n.numeric(b.devminor())
	}
	if f == star {
		n.numeric(b[476:488])
		n.numeric(b[488:500])
	}
	if prefix := b.prefix(f); len(prefix) > 0 {
		r.name = append(append(append(r.name[:0], prefix...), '/'), h.Name...)
		h.Name = r.name
	}
	if n.broken {
		return errNumber
	}
	return r.begin()
}

// begin sets the sizes of body and padding from the header.
func (r *Reader) begin() error {
	size := r.header.Size
	if r.header.headerOnly() {
		size = 0
	}
	if size < 0 {
		return errSize
	}
	r.left, r.padding = size, -size&(blockSize-1)
	r.sparse.is = false
	return nil
}

// finishHeader completes a header with the records and long names read before
// it.
func (r *Reader) finishHeader() error {
	h := &r.header
	if err := r.records.merge(h); err != nil {
		return err
	}
	if name := cString(r.longName); len(name) > 0 {
		h.Name = name
	}
	if link := cString(r.longLink); len(link) > 0 {
		h.Linkname = link
	}
	if h.Type == typeOldReg {
		h.Type = typeReg
		if n := len(h.Name); n > 0 && h.Name[n-1] == '/' {
			h.Type = typeDir // v7 has no type flag for directories
		}
	}
	if err := r.begin(); err != nil {
		return err
	}
	return r.readMap()
}

// readSpecial reads the whole body into buf, which it grows as needed.
func (r *Reader) readSpecial(buf []byte) ([]byte, error) {
	if r.left > maxSpecial {
		return buf[:0], errTooLong
	}
	buf = slices.Grow(buf[:0], int(r.left))[:r.left]
	r.left = 0
	return buf, readFull(r.src, buf)
}

// readFull is io.ReadFull, but returns io.ErrUnexpectedEOF instead of io.EOF.
func readFull(src io.Reader, buf []byte) error {
	_, err := io.ReadFull(src, buf)
	if err == io.EOF && len(buf) > 0 {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// skip skips to the end of the entry.
func (r *Reader) skip() error {
	switch err := r.discard(r.left); {
	case err == io.EOF:
		return io.ErrUnexpectedEOF
	case err != nil:
		return err
	}
	return r.discard(r.padding) // io.EOF is fine: the padding of the last file may be missing
}

func (r *Reader) discard(n int64) error {
	const step = 1 << 30 // fits an int everywhere
	for ; n > 0; n -= step {
		if _, err := r.src.Discard(int(min(n, step))); err != nil {
			return err
		}
	}
	return nil
}

// Read reads the content of the current entry and returns io.EOF at its end.
// Holes are read as zeros. Bound how much you read, since a hole of any size
// takes only a few bytes of the archive. Errors are those of Next, and Read and
// Next return them again.
func (r *Reader) Read(p []byte) (n int, err error) {
	if r.err != nil {
		return 0, r.err
	}
	if r.sparse.is {
		n, err = r.readSparse(p)
	} else {
		n, err = r.readBody(p)
	}
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// readBody reads the stored bytes of the body.
func (r *Reader) readBody(p []byte) (n int, err error) {
	if int64(len(p)) > r.left {
		p = p[:r.left]
	}
	if len(p) > 0 {
		n, err = r.src.Read(p)
		r.left -= int64(n)
	}
	switch {
	case err == io.EOF && r.left > 0:
		return n, io.ErrUnexpectedEOF
	case err == nil && r.left == 0:
		return n, io.EOF
	}
	return n, err
}

// Record returns the value of the current entry's PAX record with the key, nil
// if there is none. It is valid until the next call of Next.
func (r *Reader) Record(key string) []byte { return r.records.get(key) }
