package untar

import (
	"bytes"
	"errors"
	"io"
	"math"
)

var (
	errSparse    = errors.New("invalid map of a sparse file")
	errSparseLen = errors.New("sparse file with more or less data than in its map")
)

// region is a part of a sparse file with data.
type region struct{ offset, length int64 }

func (d region) end() int64 { return d.offset + d.length }

// sparse is the state of reading a sparse file. The encoded map is bounded by
// maxSpecial bytes. A region takes at least four of them ("0\n0\n"), so that
// there are at most 262,144 regions in 4 MiB.
type sparse struct {
	is   bool     // the current file has a map, possibly without holes
	all  []region // the map
	data []region // the part of the map from pos on
	pos  int64
	size int64 // including holes
}

// valid reports whether the regions are in order and within the file.
func (s *sparse) valid() bool {
	var end int64
	for _, d := range s.all {
		if d.offset < end || d.length < 0 || d.offset > math.MaxInt64-d.length || d.end() > s.size {
			return false
		}
		end = d.end()
	}
	return s.size >= 0
}

// readMap reads the map of the current entry if it is a sparse file, and sets
// the size to that including holes.
func (r *Reader) readMap() error {
	h, s, v := &r.header, &r.sparse, &r.records.values
	s.all, s.pos = s.all[:0], 0
	major, minor := string(v[sparseMajor]), string(v[sparseMinor])
	var read func(*Reader) error
	switch {
	case h.Type == typeGNUSparse:
		read = (*Reader).readOldMap
	case major == "1" && minor == "0":
		read = (*Reader).readMap10
	case major == "0" && (minor == "0" || minor == "1"):
		read = (*Reader).readMap01
	case major == "" && minor == "" && len(v[sparseMap]) > 0:
		read = (*Reader).readMap01 // early writers of 0.0 and 0.1 set no version
	default:
		return nil
	}
	if h.headerOnly() {
		return errSparse
	}
	if err := read(r); err != nil {
		return err
	}
	s.is, s.data, s.size = true, s.all, h.Size
	if !s.valid() {
		return errSparse
	}
	return nil
}

// readOldMap reads a map in GNU's first format: four regions in the header, 21
// in each of the blocks after it.
func (r *Reader) readOldMap() error {
	if r.block.format() != gnu {
		return errSparse
	}
	const element = 24 // bytes: two numbers of 12
	var n numbers
	r.header.Size = n.numeric(r.block[483:495])
	elements, more := r.block[386:482], r.block[482] != 0
	for total := len(elements); ; total += blockSize {
		for e := elements; len(e) > 0 && e[0] != 0; e = e[element:] {
			r.sparse.all = append(r.sparse.all, region{n.numeric(e[:12]), n.numeric(e[12:element])})
		}
		switch {
		case n.broken:
			return errNumber
		case !more:
			return nil
		case total+blockSize > maxSpecial:
			return errTooLong
		}
		if err := readFull(r.src, r.extra[:]); err != nil {
			return err
		}
		elements, more = r.extra[:504], r.extra[504] != 0
	}
}

// sparseNames sets the name and the size including holes, which formats 0 and 1
// have in records.
func (r *Reader) sparseNames() error {
	p := &r.records
	if name := p.values[sparseName]; len(name) > 0 {
		r.header.Name = name
	}
	size := sparseSize
	if len(p.values[size]) == 0 {
		size = sparseRealSize
	}
	if !p.number(size, &r.header.Size) {
		return errSparse
	}
	return nil
}

// readMap01 reads a map in format 0.0 or 0.1: "offset,length,offset,length".
func (r *Reader) readMap01() error {
	if err := r.sparseNames(); err != nil {
		return err
	}
	rest := r.records.values[sparseMap]
	for more := len(rest) > 0; more; {
		var offset, length []byte
		if offset, rest, more = bytes.Cut(rest, []byte(",")); !more {
			return errSparse
		}
		length, rest, more = bytes.Cut(rest, []byte(","))
		if !r.addRegion(offset, length) {
			return errSparse
		}
	}
	if n, ok := decimal(r.records.values[sparseBlocks]); !ok || n != int64(len(r.sparse.all)) {
		return errSparse
	}
	return nil
}

func (r *Reader) addRegion(offset, length []byte) bool {
	o, ok1 := decimal(offset)
	l, ok2 := decimal(length)
	r.sparse.all = append(r.sparse.all, region{o, l})
	return ok1 && ok2
}

// readMap10 reads a map in format 1.0. It is at the start of the body, padded
// to whole blocks: the number of regions, then an offset and a length for each,
// all on lines of their own.
func (r *Reader) readMap10() error {
	if err := r.sparseNames(); err != nil {
		return err
	}
	m := lines{r: r, line: r.line}
	m.next()
	n, ok := decimal(m.line)
	if m.err == nil && (!ok || n < 0) {
		return errSparse
	}
	for ; n > 0 && m.err == nil; n-- {
		m.next()
		offset, ok := decimal(m.line)
		m.next()
		length, ok2 := decimal(m.line)
		if m.err == nil && !(ok && ok2) {
			return errSparse
		}
		r.sparse.all = append(r.sparse.all, region{offset, length})
	}
	r.line = m.line
	return m.err
}

// lines reads lines from the body, block by block.
type lines struct {
	r    *Reader
	line []byte
	rest []byte // of the block in r.extra
	read int
	err  error
}

// next reads the next line without its newline.
func (l *lines) next() {
	for l.line = l.line[:0]; l.err == nil; l.block() {
		piece, rest, found := bytes.Cut(l.rest, []byte("\n"))
		l.line, l.rest = append(l.line, piece...), rest
		if found {
			return
		}
	}
}

func (l *lines) block() {
	switch l.read += blockSize; {
	case l.read > maxSpecial:
		l.err = errTooLong
	case l.r.left < blockSize:
		l.err = io.ErrUnexpectedEOF
	default:
		l.r.left -= blockSize
		l.rest = l.r.extra[:]
		l.err = readFull(l.r.src, l.rest)
	}
}

// readSparse reads the content of the file, with zeros for holes.
func (r *Reader) readSparse(p []byte) (n int, err error) {
	s := &r.sparse
	last := int64(len(p)) >= s.size-s.pos
	if last {
		p = p[:s.size-s.pos]
	}
	for n < len(p) && err == nil {
		var k int
		k, err = r.readPiece(p[n:])
		n += k
		s.pos += int64(k)
	}
	switch {
	case err == io.EOF:
		return n, errSparseLen
	case err == nil && s.pos == s.size && r.left > 0:
		return n, errSparseLen
	case err == nil && last:
		return n, io.EOF
	}
	return n, err
}

// readPiece reads from one region, or from the hole before it.
func (r *Reader) readPiece(p []byte) (int, error) {
	s := &r.sparse
	for len(s.data) > 0 && s.data[0].end() <= s.pos {
		s.data = s.data[1:]
	}
	until := s.size
	if len(s.data) > 0 {
		if d := s.data[0]; d.offset <= s.pos {
			n, err := r.readBody(p[:min(int64(len(p)), d.end()-s.pos)])
			if n > 0 && err == io.EOF {
				err = nil // the next read returns it again
			}
			return n, err
		}
		until = s.data[0].offset
	}
	n := min(int64(len(p)), until-s.pos)
	clear(p[:n])
	return int(n), nil
}
