package rpmdb

import (
	"encoding/binary"
	"errors"
	"io"
)

// The SQLite container, after https://www.sqlite.org/fileformat2.html. Only
// what a full scan of one table needs: the schema table on page 1, table
// b-trees and overflow pages. A write-ahead log beside the file is not read.
const (
	sqliteMagic    = "SQLite format 3\x00"
	sqliteInterior = 0x05
	sqliteLeaf     = 0x0d
	// sqliteMaxDepth bounds the recursion: an interior page of 512 bytes holds
	// 30 or more children, so 20 levels exceed any file.
	sqliteMaxDepth = 20
)

var errSQLite = errors.New("broken SQLite database")

type sqliteReader struct {
	pages  *pages
	usable int64                  // page size less the reserved bytes at its end
	levels [sqliteMaxDepth][]byte // a page of each level of the b-tree
	chain  []byte                 // an overflow page
	blob   []byte
	c      *collector
}

func readSQLite(r io.ReaderAt, size int64, c *collector) error {
	head := make([]byte, 100)
	if n, _ := r.ReadAt(head, 0); n < len(head) {
		return errSQLite
	}
	pageSize := int64(binary.BigEndian.Uint16(head[16:]))
	if pageSize == 1 {
		pageSize = 65536
	}
	usable := pageSize - int64(head[20])
	// The format demands a power of two of at least 512 and 480 usable bytes.
	if pageSize < 512 || pageSize&(pageSize-1) != 0 || usable < 480 {
		return errSQLite
	}
	s := &sqliteReader{pages: newPages(r, size, pageSize), usable: usable, c: c}
	root, err := s.rootOf("Packages")
	if err != nil {
		return err
	}
	return s.walk(root, 0, func(row []byte) error {
		blob, ok := column(row, 1)
		if !ok {
			c.skip(errSQLite)
			return nil
		}
		return c.add(blob)
	})
}

// rootOf finds a table's root page in the schema table, whose columns are type,
// name, tbl_name, rootpage and sql.
func (s *sqliteReader) rootOf(table string) (int64, error) {
	var root int64
	err := s.walk(1, 0, func(row []byte) error {
		typ, _ := column(row, 0)
		name, _ := column(row, 1)
		page, ok := column(row, 3)
		if ok && root == 0 && string(typ) == "table" && string(name) == table {
			root = bigEndian(page)
		}
		return nil
	})
	if err == nil && root == 0 {
		err = errors.New("SQLite database without a table " + table)
	}
	return root, err
}

// walk hands each record of the table b-tree at page n to row. What is broken is
// skipped; an error ends the walk.
func (s *sqliteReader) walk(n int64, depth int, row func([]byte) error) error {
	if err := s.c.ctx.Err(); err != nil {
		return err
	}
	if depth == sqliteMaxDepth {
		s.c.skip(errSQLite)
		return nil
	}
	page := s.scratch(&s.levels[depth])
	if !s.pages.read(page, n-1) {
		s.c.skip(errSQLite)
		return nil
	}
	header := page
	if n == 1 {
		header = page[100:]
	}
	kind, cells := header[0], int(binary.BigEndian.Uint16(header[3:]))
	pointers := header[8:]
	if kind == sqliteInterior {
		pointers = header[12:]
	} else if kind != sqliteLeaf {
		s.c.skip(errSQLite)
		return nil
	}
	if 2*cells > len(pointers) {
		s.c.skip(errSQLite)
		return nil
	}
	if kind == sqliteLeaf {
		return s.leaves(page, pointers[:2*cells], row)
	}
	for ; cells > 0; cells, pointers = cells-1, pointers[2:] {
		at := int(binary.BigEndian.Uint16(pointers))
		if at+4 > len(page) {
			s.c.skip(errSQLite)
			continue
		}
		if err := s.walk(int64(binary.BigEndian.Uint32(page[at:])), depth+1, row); err != nil {
			return err
		}
	}
	return s.walk(int64(binary.BigEndian.Uint32(header[8:])), depth+1, row)
}

// scratch makes room for a page when it is needed first.
func (s *sqliteReader) scratch(page *[]byte) []byte {
	if *page == nil {
		*page = make([]byte, s.usable)
	}
	return *page
}

// leaves reads the cells of a leaf page. Cells do not overlap, so that those of
// a page together are not longer than it.
func (s *sqliteReader) leaves(page, pointers []byte, row func([]byte) error) error {
	for budget := len(page); len(pointers) > 0; pointers = pointers[2:] {
		at := int(binary.BigEndian.Uint16(pointers))
		if at >= len(page) {
			s.c.skip(errSQLite)
			continue
		}
		payload, used, ok := s.leaf(page[at:])
		if budget -= used; budget < 0 {
			s.c.skip(errSQLite)
			return nil
		}
		if !ok {
			s.c.skip(errSQLite)
			continue
		}
		if err := row(payload); err != nil {
			return err
		}
	}
	return nil
}

// leaf reads one cell of a leaf page: payload length, row ID, payload. It tells
// how many bytes of the page the cell has.
func (s *sqliteReader) leaf(cell []byte) (payload []byte, used int, ok bool) {
	length, n := varint(cell)
	if n == 0 || length < 0 || length > maxHeader {
		return nil, 1, false
	}
	_, m := varint(cell[n:])
	if m == 0 {
		return nil, 1, false
	}
	used = n + m
	cell = cell[used:]
	local := s.local(length)
	if local > int64(len(cell)) {
		return nil, used, false
	}
	used += int(local)
	if local == length {
		return cell[:length], used, true
	}
	if local+4 > int64(len(cell)) {
		return nil, used, false
	}
	payload, ok = s.overflow(cell[:local], int64(binary.BigEndian.Uint32(cell[local:])), length)
	return payload, used + 4, ok
}

// local is how much of a payload is in its cell. The arithmetic is that of
// section 1.6 of the format ("Cell Payload Overflow Pages").
func (s *sqliteReader) local(length int64) int64 {
	if length <= s.usable-35 {
		return length
	}
	minimum := (s.usable-12)*32/255 - 23
	if local := minimum + (length-minimum)%(s.usable-4); local <= s.usable-35 {
		return local
	}
	return minimum
}

// overflow joins the local part of a payload with its overflow pages.
func (s *sqliteReader) overflow(local []byte, next, length int64) ([]byte, bool) {
	s.blob = append(s.blob[:0], local...)
	page := s.scratch(&s.chain)
	for int64(len(s.blob)) < length {
		if !s.pages.read(page, next-1) {
			return nil, false
		}
		part := page[4:]
		s.blob = append(s.blob, part[:min(int64(len(part)), length-int64(len(s.blob)))]...)
		next = int64(binary.BigEndian.Uint32(page))
	}
	return s.blob, true
}
