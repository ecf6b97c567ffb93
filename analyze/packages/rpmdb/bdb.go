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
	order    binary.ByteOrder
	pages    *pages
	page     []byte
	overflow []byte
	blob     []byte
	c        *collector
}

func readBDB(r io.ReaderAt, size int64, order binary.ByteOrder, c *collector) error {
	meta := make([]byte, 72)
	if n, _ := r.ReadAt(meta, 0); n < len(meta) {
		return errBDB
	}
	pageSize := int64(order.Uint32(meta[20:]))
	// libdb allows powers of two from 512 to 65,536.
	if pageSize < 512 || pageSize > 65536 || pageSize&(pageSize-1) != 0 || meta[24] != 0 {
		return errBDB
	}
	b := &bdbReader{
		order: order, pages: newPages(r, size, pageSize),
		page: make([]byte, pageSize), overflow: make([]byte, pageSize), c: c,
	}
	var kind [26]byte
	for n := int64(1); n < b.pages.n; n++ {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if m, _ := r.ReadAt(kind[:], n*pageSize); m < len(kind) {
			return errBDB
		}
		if typ := kind[25]; typ != bdbHash && typ != bdbHashUnsorted {
			continue
		}
		if !b.pages.read(b.page, n) {
			c.skip(errBDB) // a part of an item, too
			continue
		}
		if err := b.readHashPage(); err != nil {
			return err
		}
	}
	return nil
}

// readHashPage hands over the values of the current page. Keys and values
// alternate; items grow from the end of the page, so that an item ends where
// its predecessor in the index starts, and each starts before it.
func (b *bdbReader) readHashPage() error {
	entries := int64(b.order.Uint16(b.page[20:]))
	if bdbPageHeader+2*entries > b.pages.size {
		b.c.skip(errBDB)
		return nil
	}
	index := func(i int64) int64 { return int64(b.order.Uint16(b.page[bdbPageHeader+2*i:])) }
	for i, before := int64(1), b.pages.size; i < entries; i += 2 {
		end, start := index(i-1), index(i)
		if start >= end || end > before {
			b.c.skip(errBDB) // items overlap: the rest of the index is worth nothing
			return nil
		}
		before = start
		blob, ok := b.value(b.page[start:end])
		if !ok {
			b.c.skip(errBDB)
			continue
		}
		// The value of key 0 is a counter of four bytes, not a header.
		if len(blob) < headerEntry {
			continue
		}
		if err := b.c.add(blob); err != nil {
			return err
		}
	}
	return nil
}

func (b *bdbReader) value(item []byte) ([]byte, bool) {
	switch item[0] {
	case bdbItemInline:
		return item[1:], true
	case bdbItemOffPage:
		if len(item) < 12 {
			return nil, false
		}
		return b.chain(int64(b.order.Uint32(item[4:])), int64(b.order.Uint32(item[8:])))
	}
	return nil, true
}

// chain reads length bytes from the overflow pages that start at page n.
func (b *bdbReader) chain(n, length int64) ([]byte, bool) {
	if length > maxHeader {
		return nil, false
	}
	b.blob = b.blob[:0]
	for int64(len(b.blob)) < length {
		if n <= 0 || !b.pages.read(b.overflow, n) {
			return nil, false
		}
		used := int64(b.order.Uint16(b.overflow[22:]))
		if b.overflow[25] != bdbOverflow || used == 0 || bdbPageHeader+used > b.pages.size {
			return nil, false
		}
		b.blob = append(b.blob, b.overflow[bdbPageHeader:bdbPageHeader+used]...)
		n = int64(b.order.Uint32(b.overflow[16:]))
	}
	return b.blob[:length], true
}
