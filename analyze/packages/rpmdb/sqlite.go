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
	r        io.ReaderAt
	pageSize int64
	usable   int64 // page size less the reserved bytes at its end
	pages    int64
	visits   int64 // pages still to be read: bounds cycles
}

func readSQLite(r io.ReaderAt, size int64, add func([]byte) error) error {
	head := make([]byte, 100)
	if _, err := r.ReadAt(head, 0); err != nil {
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
	// Each page is in one b-tree or chain; twice their number is generous.
	s := &sqliteReader{r: r, pageSize: pageSize, usable: usable, pages: size / pageSize, visits: 2*size/pageSize + 2}
	root, err := s.rootOf("Packages")
	if err != nil {
		return err
	}
	return s.walk(root, 0, func(row []byte) error {
		blob, ok := column(row, 1)
		if !ok {
			return errSQLite
		}
		return add(blob)
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
		if ok && string(typ) == "table" && string(name) == table {
			root = bigEndian(page)
		}
		return nil
	})
	if err == nil && root == 0 {
		err = errors.New("SQLite database without a table " + table)
	}
	return root, err
}

// walk hands each record of the table b-tree at page n to row.
func (s *sqliteReader) walk(n int64, depth int, row func([]byte) error) error {
	page, err := s.page(n)
	if err != nil || depth == sqliteMaxDepth {
		return errSQLite
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
		return errSQLite
	}
	if 2*cells > len(pointers) {
		return errSQLite
	}
	for i := range cells {
		at := int(binary.BigEndian.Uint16(pointers[2*i:]))
		if at+4 > len(page) {
			return errSQLite
		}
		if kind == sqliteInterior {
			err = s.walk(int64(binary.BigEndian.Uint32(page[at:])), depth+1, row)
		} else {
			err = s.leaf(page[at:], row)
		}
		if err != nil {
			return err
		}
	}
	if kind == sqliteInterior {
		return s.walk(int64(binary.BigEndian.Uint32(header[8:])), depth+1, row)
	}
	return nil
}

// page reads page n, counted from 1, without its reserved bytes.
func (s *sqliteReader) page(n int64) ([]byte, error) {
	if s.visits--; s.visits < 0 || n < 1 || n > s.pages {
		return nil, errSQLite
	}
	page := make([]byte, s.usable)
	if _, err := s.r.ReadAt(page, (n-1)*s.pageSize); err != nil {
		return nil, errSQLite
	}
	return page, nil
}

// leaf reads one cell of a leaf page: payload length, row ID, payload.
func (s *sqliteReader) leaf(cell []byte, row func([]byte) error) error {
	length, n := varint(cell)
	if n == 0 || length < 0 || length > maxHeader {
		return errSQLite
	}
	_, m := varint(cell[n:])
	if m == 0 {
		return errSQLite
	}
	payload, err := s.payload(cell[n+m:], length)
	if err != nil {
		return err
	}
	return row(payload)
}

// payload joins the local part of a payload with its overflow pages. The
// arithmetic is that of section 1.6 of the format ("Cell Payload Overflow
// Pages").
func (s *sqliteReader) payload(cell []byte, length int64) ([]byte, error) {
	local := length
	if length > s.usable-35 {
		minimum := (s.usable-12)*32/255 - 23
		if local = minimum + (length-minimum)%(s.usable-4); local > s.usable-35 {
			local = minimum
		}
	}
	if local > int64(len(cell)) {
		return nil, errSQLite
	}
	if local == length {
		return cell[:length], nil
	}
	if local+4 > int64(len(cell)) {
		return nil, errSQLite
	}
	payload := append([]byte(nil), cell[:local]...)
	for next := int64(binary.BigEndian.Uint32(cell[local:])); int64(len(payload)) < length; {
		page, err := s.page(next)
		if err != nil {
			return nil, err
		}
		part := page[4:]
		part = part[:min(int64(len(part)), length-int64(len(payload)))]
		payload = append(payload, part...)
		next = int64(binary.BigEndian.Uint32(page))
	}
	return payload, nil
}
