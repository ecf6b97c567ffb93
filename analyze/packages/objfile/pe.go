package objfile

import (
	"encoding/binary"
	"fmt"
)

// The parts of PE that we read, little endian
// (https://learn.microsoft.com/en-us/windows/win32/debug/pe-format).
const (
	peHeaderAt   = 0x3c // in the DOS header: where "PE\0\0" is
	peHeader     = 24   // "PE\0\0" and the COFF header
	peSection    = 40
	pe64         = 0x20b      // magic of the optional header with addresses of 64 bits
	peWritable   = 0x80000000 // IMAGE_SCN_MEM_WRITE
	peImageBase  = 24         // in the optional header; 28 in the one of 32 bits
	peNameLength = 8
)

func (f *file) pe() (*Image, error) {
	order := binary.LittleEndian
	var dos [64]byte
	if !f.read(dos[:], 0) {
		return nil, ErrFormat
	}
	at := int64(order.Uint32(dos[peHeaderAt:]))
	var head [peHeader]byte
	if !f.read(head[:], at) || string(head[:4]) != "PE\x00\x00" {
		return nil, ErrFormat // a program of DOS, or a text that begins with MZ
	}
	count, optional := int(order.Uint16(head[6:])), int64(order.Uint16(head[20:]))
	base, err := f.peBase(at+peHeader, optional)
	if err != nil {
		return nil, err
	}
	table, err := f.table(uint64(at+peHeader+optional), count, peSection)
	if err != nil {
		return nil, err
	}
	i := &Image{}
	for ; len(table) > 0; table = table[peSection:] {
		addr := base + uint64(order.Uint32(table[12:]))
		size, offset := uint64(order.Uint32(table[16:])), uint64(order.Uint32(table[20:]))
		if err := f.segment(i, offset, size, addr, order.Uint32(table[36:])&peWritable != 0); err != nil {
			return nil, err
		}
		f.section(i, table[:peNameLength], offset, size, addr)
	}
	return i, nil
}

// peBase reads the address at which the image wants to be loaded.
func (f *file) peBase(at, size int64) (uint64, error) {
	var b [32]byte
	if size < int64(len(b)) || !f.read(b[:], at) {
		return 0, fmt.Errorf("%w: optional header", ErrHeaders)
	}
	if binary.LittleEndian.Uint16(b[:]) == pe64 {
		return binary.LittleEndian.Uint64(b[peImageBase:]), nil
	}
	return uint64(binary.LittleEndian.Uint32(b[peImageBase+4:])), nil
}
