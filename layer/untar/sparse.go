package untar

import (
	"bytes"
	"errors"
	"io"
	"math"
)

var (
	errSparse    = errors.New("a sparse file whose map makes no sense")
	errSparseLen = errors.New("a sparse file that has more or less data than its map says")
)

// region is a piece of a sparse file that has data.
type region struct{ offset, length int64 }

func (d region) end() int64 { return d.offset + d.length }

// sparse is the file being read when it has holes. A map is bounded by the
// bytes it is written in, maxSpecial, of which a region takes at least four
// ("0\n0\n"): 262,144 regions, 4 MiB.
type sparse struct {
	is   bool     // the file has a map, if one without holes
	all  []region // the map
	data []region // what of it is ahead
	pos  int64
	size int64 // with holes
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

// readMap finds out whether the entry has holes, and where. The entry has its
// body and its size as stored.
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
		read = (*Reader).readMap01 // 0.0 and 0.1 had no version at first
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

// readOldMap reads GNU's first format: four regions in the header, 21 in each
// block that follows it.
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

// sparseNames sets what formats 0 and 1 keep in records: the name and the size
// of the file with its holes.
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

// readMap01 reads formats 0.0 and 0.1: "offset,length,offset,length".
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

// readMap10 reads format 1.0, at the start of the body, up to the end of a
// block: how many regions there are, then offsets and lengths, a line each.
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

// lines reads lines from the body, in whole blocks.
type lines struct {
	r    *Reader
	line []byte
	rest []byte // of the block in r.extra
	read int
	err  error
}

// next reads the next line, without its end.
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

// readSparse reads the file with its holes, which are zeros.
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

// readPiece reads of one region, or of the hole before it.
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
				err = nil // met again if more is wanted
			}
			return n, err
		}
		until = s.data[0].offset
	}
	n := min(int64(len(p)), until-s.pos)
	clear(p[:n])
	return int(n), nil
}
