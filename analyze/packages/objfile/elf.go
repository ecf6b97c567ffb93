package objfile

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// elfLayout says where the fields of ELF's headers are, for one class
// (https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html).
type elfLayout struct {
	word                                          int // bytes of an address
	header, phoff, shoff                          int
	phentsize, phnum, shentsize, shnum, shstrndx  int
	program, progOff, progAddr, progSize, progBit int // of a program header
	sect, sectAddr, sectOff, sectSize             int // of a section header
}

var (
	elf64 = elfLayout{
		word: 8, header: 64, phoff: 32, shoff: 40, phentsize: 54, phnum: 56, shentsize: 58, shnum: 60, shstrndx: 62,
		program: 56, progOff: 8, progAddr: 16, progSize: 32, progBit: 4,
		sect: 64, sectAddr: 16, sectOff: 24, sectSize: 32,
	}
	elf32 = elfLayout{
		word: 4, header: 52, phoff: 28, shoff: 32, phentsize: 42, phnum: 44, shentsize: 46, shnum: 48, shstrndx: 50,
		program: 32, progOff: 4, progAddr: 8, progSize: 16, progBit: 24,
		sect: 40, sectAddr: 12, sectOff: 16, sectSize: 20,
	}
	// elf32Machines are 386, MIPS, PowerPC and ARM.
	elf32Machines = []uint16{3, 8, 20, 40}
)

const (
	elfExec, elfDyn = 2, 3
	elfLoad         = 1       // PT_LOAD
	elfWrite        = 2       // PF_W
	elfNoBits       = 8       // SHT_NOBITS
	maxPrograms     = 1 << 16 // bytes: Linux refuses more
)

// elf reads an ELF file. Linux does not look at the class and the byte order
// in e_ident, which therefore may be wrong in a program that runs: the type
// tells the order, the size of a program header the class.
func (f *file) elf() (*Image, error) {
	head := make([]byte, elf64.header)
	if !f.read(head, 0) && !f.read(head[:elf32.header], 0) {
		return nil, fmt.Errorf("%w: an ELF file of %d bytes", ErrHeaders, f.size)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[16] == 0 && head[17] != 0 {
		order = binary.BigEndian
	}
	i := &Image{}
	layout := f.elfPrograms(i, head, order)
	if typ := order.Uint16(head[16:]); layout == nil && (typ == elfExec || typ == elfDyn) {
		i.SectionsErr = ErrHeaders // unless they are readable all the same
	}
	if layout == nil { // an object file, or one that nobody can run
		if layout = &elf64; head[4] == 1 {
			layout = &elf32
		}
	}
	if len(f.names) == 0 {
		return i, i.SectionsErr
	}
	if err := f.elfSections(i, head, order, layout); err != nil {
		i.SectionsErr = err
	} else if len(i.Sections) > 0 {
		i.SectionsErr = nil
	}
	if len(i.Segments) == 0 && i.SectionsErr != nil {
		return nil, i.SectionsErr
	}
	return i, nil
}

// elfPrograms reads the program headers in the class that they turn out to
// have, as Linux finds out on the file's machine; nil when in none.
func (f *file) elfPrograms(i *Image, head []byte, order binary.ByteOrder) *elfLayout {
	layouts := []*elfLayout{&elf64, &elf32}
	if slices.Contains(elf32Machines, order.Uint16(head[18:])) {
		slices.Reverse(layouts)
	}
	for _, l := range layouts {
		count := int(order.Uint16(head[l.phnum:]))
		if int(order.Uint16(head[l.phentsize:])) != l.program || count == 0 || count*l.program > maxPrograms {
			continue
		}
		table, err := f.table(field(order, head, l.phoff, l.word), count, l.program)
		if err != nil {
			continue
		}
		for ; len(table) > 0; table = table[l.program:] {
			if order.Uint32(table) == elfLoad { // there are fewer than maxSegments
				_ = f.segment(i, field(order, table, l.progOff, l.word), field(order, table, l.progSize, l.word),
					field(order, table, l.progAddr, l.word), order.Uint32(table[l.progBit:])&elfWrite != 0)
			}
		}
		return l
	}
	return nil
}

// elfSections looks up sections. Names are offsets into one section of strings.
// More than 65,279 sections, which object files have alone, are an error.
func (f *file) elfSections(i *Image, head []byte, order binary.ByteOrder, l *elfLayout) error {
	at, count := field(order, head, l.shoff, l.word), int(order.Uint16(head[l.shnum:]))
	if at == 0 {
		return nil // stripped of them
	}
	if int(order.Uint16(head[l.shentsize:])) != l.sect || count == 0 {
		return fmt.Errorf("%w: section headers", ErrHeaders)
	}
	table, err := f.table(at, count, l.sect)
	if err != nil {
		return err
	}
	strings := int(order.Uint16(head[l.shstrndx:]))
	if strings >= count {
		return fmt.Errorf("%w: no names of sections", ErrHeaders)
	}
	part := func(n int) (offset, size uint64) {
		row := table[n*l.sect:]
		return field(order, row, l.sectOff, l.word), field(order, row, l.sectSize, l.word)
	}
	namesAt, namesSize := f.clip(part(strings))
	var name [maxName + 1]byte
	for n := range count {
		row := table[n*l.sect:]
		start := int64(order.Uint32(row))
		if start >= namesSize || order.Uint32(row[4:]) == elfNoBits {
			continue
		}
		b := name[:min(int64(len(name)), namesSize-start)]
		if !f.read(b, namesAt+start) {
			return fmt.Errorf("%w: names of sections", ErrHeaders)
		}
		offset, size := part(n)
		f.section(i, b, offset, size, field(order, row, l.sectAddr, l.word))
	}
	return nil
}
