package untar

import (
	"errors"
	"io"
	"slices"
)

// maxSpecial bounds what goes before an entry: a PAX header, a long name, a
// map of sparse regions. It is archive/tar's and libarchive's limit. A reader's
// buffers grow to 10 MiB at most: records and their map of format 0.0, two
// names, a line, and regions.
const maxSpecial = 1 << 20

var (
	errHeader  = errors.New("not a tar header")
	errNumber  = errors.New("a tar header with a broken number")
	errSize    = errors.New("a tar header with a negative size")
	errRecord  = errors.New("a broken PAX record")
	errTooLong = errors.New("a tar header or map of more than 1 MiB")
	errZero    = errors.New("a zero block between entries")
)

// Type flags that archive/tar names as well, and that mean something here.
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

// Source is what an archive is read from. [bufio.Reader] is one.
type Source interface {
	io.Reader
	// Discard skips n bytes. It returns an error if it skipped fewer.
	Discard(n int) (int, error)
}

// Header says what an entry is. Name and Linkname are not to be changed, and
// valid until the next call of [Reader.Next].
type Header struct {
	Name     []byte // as stored: anything but NUL
	Linkname []byte
	Type     byte  // a type flag of archive/tar
	Mode     int64 // as stored
	// Size is that of the content, holes included, as claimed. Links,
	// directories and special files have no content, whatever it says.
	Size               int64
	UID, GID           int
	Devmajor, Devminor int64
}

// headerOnly reports whether nothing follows the header, whatever its size.
func (h *Header) headerOnly() bool { return typeLink <= h.Type && h.Type <= typeFifo }

// Reader reads an archive, entry by entry. It is for one goroutine.
type Reader struct {
	src      Source
	header   Header
	block    block // of header
	extra    block // of a sparse map
	left     int64 // unread bytes of the body as stored
	padding  int64 // bytes after the body
	sparse   sparse
	records  records
	longName []byte
	longLink []byte
	name     []byte // of prefix and name
	line     []byte // of a sparse map
	err      error  // sticky
}

// NewReader returns a reader of src.
func NewReader(src Source) *Reader { return &Reader{src: src} }

// Next goes on to the next entry. What is unread of the one before is skipped.
// It returns io.EOF after the last: at two blocks of zeros or the end of src,
// also when that comes within the padding of a file. Other errors:
// io.ErrUnexpectedEOF where src ends within a header or file, those of src,
// and for what is no archive some without a type of their own. Errors stay.
//
// A global PAX header (archive/tar's TypeXGlobalHeader) is an entry, too. It
// applies to nothing.
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

// readHeader skips what is left of an entry and reads the block that follows.
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
	n.numeric(b.modified()) // nobody asks for times, but a broken one means a broken header
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

// begin sets up the body by the header's size.
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

// finishHeader adds what was read before the header of a file.
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
			h.Type = typeDir // before USTAR there was no flag for it
		}
	}
	if err := r.begin(); err != nil {
		return err
	}
	return r.readMap()
}

// readSpecial reads the body into buf.
func (r *Reader) readSpecial(buf []byte) ([]byte, error) {
	if r.left > maxSpecial {
		return buf[:0], errTooLong
	}
	buf = slices.Grow(buf[:0], int(r.left))[:r.left]
	r.left = 0
	return buf, readFull(r.src, buf)
}

// readFull is io.ReadFull for what must be there.
func readFull(src io.Reader, buf []byte) error {
	_, err := io.ReadFull(src, buf)
	if err == io.EOF && len(buf) > 0 {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// skip goes on to the end of the entry.
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

// Read reads the content of the current entry, io.EOF at its end. Holes are
// zeros, and cost nothing to claim: bound what you read. Errors, which stay,
// are like those of Next.
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

// readBody reads what is stored.
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

// Record returns the value of a PAX record of the current entry, nil if it has
// none. It is valid until the next call of Next.
func (r *Reader) Record(key string) []byte { return r.records.get(key) }
