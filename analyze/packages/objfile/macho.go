package objfile

import (
	"encoding/binary"
	"fmt"
)

// The parts of Mach-O that we read, after mach-o/loader.h and mach-o/fat.h.
const (
	machSegment32, machSegment64 = 0x1, 0x19 // load commands
	machWrite                    = 2         // VM_PROT_WRITE
	machNameLength               = 16
	// maxCommands bounds the load commands, which have some kilobytes.
	maxCommands = 1 << 20
	// maxFat bounds the architectures of a universal file. Class files of Java
	// have the same magic, and then a version of 45 or more.
	maxFat = 42
)

// machLayout says where fields are, for one class.
type machLayout struct {
	header, word, segment, section       int
	segAddr, segOff, segSize, segProt    int // of a segment command
	segCount                             int
	sectAddr, sectSize, sectOff, command int // of a section, and the command of a segment
}

var (
	mach64 = machLayout{
		header: 32, word: 8, segment: 72, section: 80,
		segAddr: 24, segOff: 40, segSize: 48, segProt: 60, segCount: 64,
		sectAddr: 32, sectSize: 40, sectOff: 48, command: machSegment64,
	}
	mach32 = machLayout{
		header: 28, word: 4, segment: 56, section: 68,
		segAddr: 24, segOff: 32, segSize: 36, segProt: 44, segCount: 48,
		sectAddr: 32, sectSize: 36, sectOff: 40, command: machSegment32,
	}
)

// IsFat reports whether head, the first bytes of a file, are those of a
// universal Mach-O file.
func IsFat(head []byte) bool {
	return len(head) >= 8 && string(head[:4]) == "\xca\xfe\xba\xbe" && binary.BigEndian.Uint32(head[4:]) <= maxFat
}

// fat reads the images of a universal file. One that is broken is left out, as
// long as another is not.
func (f *file) fat() ([]*Image, error) {
	var head [8]byte
	if !f.read(head[:], 0) || !IsFat(head[:]) {
		return nil, ErrFormat
	}
	const arch = 20
	table, err := f.table(uint64(len(head)), int(binary.BigEndian.Uint32(head[4:])), arch)
	var images []*Image
	for ; len(table) > 0; table = table[arch:] {
		offset, size := f.clip(uint64(binary.BigEndian.Uint32(table[8:])), uint64(binary.BigEndian.Uint32(table[12:])))
		i, e := f.macho(offset, size)
		if e != nil {
			err = e
			continue
		}
		images = append(images, i)
	}
	if len(images) > 0 {
		err = nil
	}
	return images, err
}

// macho reads the image at an offset, from where its own offsets count.
func (f *file) macho(start, size int64) (*Image, error) {
	var head [32]byte
	if size < int64(len(head)) || !f.read(head[:], start) {
		return nil, ErrFormat
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[0] == 0xfe {
		order = binary.BigEndian
	}
	l := &mach64
	switch order.Uint32(head[:]) {
	case 0xfeedfacf:
	case 0xfeedface:
		l = &mach32
	default:
		return nil, ErrFormat
	}
	length := int64(order.Uint32(head[20:]))
	if length > maxCommands || length > size-int64(l.header) {
		return nil, fmt.Errorf("%w: %d bytes of load commands", ErrHeaders, length)
	}
	commands, err := f.table(uint64(start)+uint64(l.header), 1, int(length))
	if err != nil {
		return nil, err
	}
	i := &Image{}
	for n := order.Uint32(head[16:]); n > 0 && len(commands) >= 8; n-- {
		step := uint64(order.Uint32(commands[4:]))
		if step < 8 || step > uint64(len(commands)) {
			return nil, fmt.Errorf("%w: load command", ErrHeaders)
		}
		if int(order.Uint32(commands)) == l.command && step >= uint64(l.segment) {
			if err := f.machSegment(i, order, l, commands[:step], uint64(start)); err != nil {
				return nil, err
			}
		}
		commands = commands[step:]
	}
	return i, nil
}

func (f *file) machSegment(i *Image, order binary.ByteOrder, l *machLayout, b []byte, start uint64) error {
	err := f.segment(i, start+field(order, b, l.segOff, l.word), field(order, b, l.segSize, l.word),
		field(order, b, l.segAddr, l.word), order.Uint32(b[l.segProt:])&machWrite != 0)
	if err != nil {
		return err
	}
	count := order.Uint32(b[l.segCount:])
	for b = b[l.segment:]; count > 0 && len(b) >= l.section; count-- {
		f.section(i, b[:machNameLength], start+uint64(order.Uint32(b[l.sectOff:])),
			field(order, b, l.sectSize, l.word), field(order, b, l.sectAddr, l.word))
		b = b[l.section:]
	}
	return nil
}
