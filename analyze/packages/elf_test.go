package packages

import (
	"bytes"
	"compress/zlib"
	"debug/elf"
	"encoding/binary"
	"testing"
)

// auditable makes the smallest ELF file that cargo auditable could have made.
func auditable(t testing.TB, list string) string {
	t.Helper()
	var data bytes.Buffer
	z := zlib.NewWriter(&data)
	z.Write([]byte(list))
	z.Close()
	return elfOf(t, ".dep-v0", data.Bytes())
}

// goBinary makes an ELF file with the build information of a Go program.
func goBinary(t testing.TB, version, modules string) string {
	t.Helper()
	return elfOf(t, goSection, goInfo(version, modules))
}

// goInfo makes build information, whose format debug/buildinfo describes: a
// header of 32 bytes, then two strings with their lengths, the second between
// sentinels of 16 bytes.
func goInfo(version, modules string) []byte {
	data := append([]byte(goMagic+"\x08\x02"), make([]byte, 16)...)
	sentinel := bytes.Repeat([]byte{'-'}, 16)
	for _, s := range []string{version, string(sentinel) + modules + string(sentinel)} {
		data = binary.AppendUvarint(data, uint64(len(s)))
		data = append(data, s...)
	}
	return data
}

// elfOf makes an ELF file of a header, one section that is loaded, and the
// names of the sections.
func elfOf(t testing.TB, section string, data []byte) string {
	t.Helper()
	names := "\x00" + section + "\x00.shstrtab\x00"
	const headerSize, programSize, sectionSize, dataAt = 64, 56, 64, 128
	padding := make([]byte, dataAt-headerSize-programSize)
	data = append(data, make([]byte, 64)...)
	namesAt := dataAt + uint64(len(data))
	sectionsAt := namesAt + uint64(len(names))

	header := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1,
		Phoff: headerSize, Phentsize: programSize, Phnum: 1,
		Shoff: sectionsAt, Ehsize: headerSize, Shentsize: sectionSize, Shnum: 3, Shstrndx: 2,
	}
	copy(header.Ident[:], "\x7fELF\x02\x01\x01")
	var b bytes.Buffer
	for _, part := range []any{
		header, elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_W), Off: dataAt, Vaddr: dataAt,
			Filesz: uint64(len(data)), Memsz: uint64(len(data))}, padding,
		data, []byte(names), elf.Section64{},
		elf.Section64{Name: 1, Type: uint32(elf.SHT_PROGBITS), Addr: dataAt, Off: dataAt, Size: uint64(len(data))},
		elf.Section64{Name: uint32(len(section) + 2), Type: uint32(elf.SHT_STRTAB), Off: namesAt, Size: uint64(len(names))},
	} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}
