package rpmdb

import (
	"encoding/binary"
	"errors"
	"io"
)

// The Berkeley DB hash container, after db_page.h of libdb. A page has a header
// of 26 bytes: LSN 8, number 4, previous 4, next 4, entries 2, high free byte 2,
// level 1, type 1.
const (
	bdbHashMagic  = 0x061561
	bdbPageHeader = 26

	bdbHashUnsorted = 2
	bdbOverflow     = 7
	bdbHash         = 13

	bdbItemInline  = 1 // H_KEYDATA
	bdbItemOffPage = 3 // H_OFFPAGE: 4 bytes of type and padding, page 4, length 4
)

var errBDB = errors.New("broken Berkeley DB database")

type bdbReader struct {
	r        io.ReaderAt
	order    binary.ByteOrder
	pageSize int64
	pages    int64
	budget   int64 // bytes still to be read from overflow pages
	page     []byte
	overflow []byte
}

func readBDB(r io.ReaderAt, size int64, order binary.ByteOrder, add func([]byte) error) error {
	meta := make([]byte, 72)
	if _, err := r.ReadAt(meta, 0); err != nil {
		return errBDB
	}
	pageSize := int64(order.Uint32(meta[20:]))
	// libdb allows powers of two from 512 to 65,536.
	if pageSize < 512 || pageSize > 65536 || pageSize&(pageSize-1) != 0 || meta[24] != 0 {
		return errBDB
	}
	b := &bdbReader{
		r: r, order: order, pageSize: pageSize,
		pages:  size / pageSize,
		budget: 2 * size, // each overflow page belongs to one item; twice the file is generous
		page:   make([]byte, pageSize), overflow: make([]byte, pageSize),
	}
	for n := int64(1); n < b.pages; n++ {
		if _, err := r.ReadAt(b.page, n*pageSize); err != nil {
			return errBDB
		}
		if typ := b.page[25]; typ != bdbHash && typ != bdbHashUnsorted {
			continue
		}
		if err := b.readHashPage(add); err != nil {
			return err
		}
	}
	return nil
}

// readHashPage hands the values of the current page to add. Keys and values
// alternate; items grow from the end of the page, so that an item ends where
// its predecessor in the index starts.
func (b *bdbReader) readHashPage(add func([]byte) error) error {
	entries := int64(b.order.Uint16(b.page[20:]))
	if bdbPageHeader+2*entries > b.pageSize {
		return errBDB
	}
	for i := int64(1); i < entries; i += 2 {
		end := int64(b.order.Uint16(b.page[bdbPageHeader+2*(i-1):]))
		start := int64(b.order.Uint16(b.page[bdbPageHeader+2*i:]))
		if start >= end || end > b.pageSize {
			return errBDB
		}
		blob, err := b.value(b.page[start:end])
		if err != nil {
			return err
		}
		// The value of key 0 is a counter of four bytes, not a header.
		if len(blob) < headerEntry {
			continue
		}
		if err := add(blob); err != nil {
			return err
		}
	}
	return nil
}

func (b *bdbReader) value(item []byte) ([]byte, error) {
	switch item[0] {
	case bdbItemInline:
		return item[1:], nil
	case bdbItemOffPage:
		if len(item) < 12 {
			return nil, errBDB
		}
		return b.chain(int64(b.order.Uint32(item[4:])), int64(b.order.Uint32(item[8:])))
	}
	return nil, nil
}

// chain reads length bytes from the overflow pages that start at page n.
func (b *bdbReader) chain(n, length int64) ([]byte, error) {
	if length > maxHeader || length > b.budget {
		return nil, errBDB
	}
	b.budget -= length
	var blob []byte
	for int64(len(blob)) < length {
		if n <= 0 || n >= b.pages {
			return nil, errBDB
		}
		if _, err := b.r.ReadAt(b.overflow, n*b.pageSize); err != nil {
			return nil, errBDB
		}
		used := int64(b.order.Uint16(b.overflow[22:]))
		if b.overflow[25] != bdbOverflow || used == 0 || bdbPageHeader+used > b.pageSize {
			return nil, errBDB
		}
		blob = append(blob, b.overflow[bdbPageHeader:bdbPageHeader+used]...)
		n = int64(b.order.Uint32(b.overflow[16:]))
	}
	return blob[:length], nil
}
