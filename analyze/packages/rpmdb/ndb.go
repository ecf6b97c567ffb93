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

func readNDB(r io.ReaderAt, size int64, add func([]byte) error) error {
	head := make([]byte, 32)
	if _, err := r.ReadAt(head, 0); err != nil {
		return errNDB
	}
	pages := int64(binary.LittleEndian.Uint32(head[12:]))
	if pages == 0 || pages > ndbMaxPages || pages*ndbPage > size {
		return errNDB
	}
	page := make([]byte, ndbPage)
	budget := 2 * size // blobs do not overlap; twice the file is generous
	for n := range pages {
		if _, err := r.ReadAt(page, n*ndbPage); err != nil {
			return errNDB
		}
		slots := page
		if n == 0 {
			slots = page[len(head):]
		}
		for ; len(slots) > 0; slots = slots[ndbBlock:] {
			if err := readNDBSlot(r, size, slots[:ndbBlock], &budget, add); err != nil {
				return err
			}
		}
	}
	return nil
}

// readNDBSlot hands the blob of one slot to add; an empty slot has none.
func readNDBSlot(r io.ReaderAt, size int64, slot []byte, budget *int64, add func([]byte) error) error {
	if string(slot[:4]) != ndbSlotMagic {
		return errNDB
	}
	id := binary.LittleEndian.Uint32(slot[4:])
	if id == 0 {
		return nil
	}
	offset := int64(binary.LittleEndian.Uint32(slot[8:])) * ndbBlock
	head := make([]byte, 16)
	if _, err := r.ReadAt(head, offset); err != nil {
		return errNDB
	}
	length := int64(binary.LittleEndian.Uint32(head[12:]))
	if string(head[:4]) != ndbBlobMagic || binary.LittleEndian.Uint32(head[4:]) != id {
		return errNDB
	}
	if length > maxHeader || offset+16+length > size || length > *budget {
		return errNDB
	}
	*budget -= length
	blob := make([]byte, length)
	if _, err := r.ReadAt(blob, offset+16); err != nil {
		return errNDB
	}
	return add(blob)
}
