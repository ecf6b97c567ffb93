package rpmdb

import (
	"encoding/binary"
	"errors"
	"io"
)

// The NDB container, after lib/backend/ndb/rpmpkg.c of rpm: a header of 32
// bytes, slots of 16 bytes that fill up whole pages, and blobs that start on
// 16-byte blocks. All numbers are little endian.
const (
	ndbMagic     = "RpmP"
	ndbSlotMagic = "Slot"
	ndbBlobMagic = "BlbS"
	ndbPage      = 4096
	ndbBlock     = 16
	// ndbMaxPages bounds the slots: 2,048 pages of 256 slots are 524,288
	// packages, beyond maxPackages.
	ndbMaxPages = 2048
)

var errNDB = errors.New("broken NDB database")

// ndbReader reads blobs, which do not overlap: a budget of the file's size is
// enough for all of them.
type ndbReader struct {
	r      io.ReaderAt
	size   int64
	budget int64
	blob   []byte
	c      *collector
}

func readNDB(r io.ReaderAt, size int64, c *collector) error {
	head := make([]byte, 32)
	if n, _ := r.ReadAt(head, 0); n < len(head) {
		return errNDB
	}
	pages := int64(binary.LittleEndian.Uint32(head[12:]))
	if pages == 0 || pages > ndbMaxPages || pages*ndbPage > size {
		return errNDB
	}
	page := make([]byte, ndbPage)
	n := ndbReader{r: r, size: size, budget: size, c: c}
	for i := range pages {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if m, _ := r.ReadAt(page, i*ndbPage); m < len(page) {
			return errNDB
		}
		slots := page
		if i == 0 {
			slots = page[len(head):]
		}
		for ; len(slots) > 0; slots = slots[ndbBlock:] {
			blob, ok := n.slot(slots[:ndbBlock])
			if !ok {
				c.skip(errNDB)
			} else if blob == nil {
				continue
			} else if err := c.add(blob); err != nil {
				return err
			}
		}
	}
	return nil
}

// slot reads the blob of one slot; an empty slot has none.
func (n *ndbReader) slot(slot []byte) ([]byte, bool) {
	if string(slot[:4]) != ndbSlotMagic {
		return nil, false
	}
	id := binary.LittleEndian.Uint32(slot[4:])
	if id == 0 {
		return nil, true
	}
	offset := int64(binary.LittleEndian.Uint32(slot[8:])) * ndbBlock
	var head [16]byte
	if m, _ := n.r.ReadAt(head[:], offset); m < len(head) {
		return nil, false
	}
	length := int64(binary.LittleEndian.Uint32(head[12:]))
	if string(head[:4]) != ndbBlobMagic || binary.LittleEndian.Uint32(head[4:]) != id {
		return nil, false
	}
	if length > maxHeader || offset+16+length > n.size || length > n.budget {
		return nil, false
	}
	n.budget -= length
	if int64(cap(n.blob)) < length {
		n.blob = make([]byte, length)
	}
	n.blob = n.blob[:length]
	m, _ := n.r.ReadAt(n.blob, offset+16)
	return n.blob, int64(m) == length
}
