package objfile

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/realtest"
)

// names are sections that many executables have.
var names = []string{".text", ".data", ".rodata", ".go.buildinfo", "__text", "__data", ".idata"}

// samples are the executables that the standard library is tested with.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	root, err := exec.Command(realtest.Need(t, "go", "golang-go"), "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, kind := range []string{"elf", "pe", "macho"} {
		all, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "src/debug", kind, "testdata/*"))
		for _, name := range all {
			b, err := os.ReadFile(name)
			if err != nil {
				continue // a directory
			}
			if strings.HasSuffix(name, ".base64") {
				if b, err = base64.StdEncoding.DecodeString(string(b)); err != nil {
					t.Fatal(err)
				}
			}
			files[kind+"/"+filepath.Base(name)] = b
		}
	}
	if len(files) < 10 {
		t.Skip("the sources of Go have no samples here")
	}
	return files
}

// standard reads an executable by the standard library. It reports false for
// what that does not read, or reads in another way.
func standard(b []byte) (images []*Image, ok bool) {
	r := bytes.NewReader(b)
	f := &file{r: r, size: int64(len(b)), names: names}
	if e, err := elf.NewFile(r); err == nil {
		return []*Image{standardELF(f, e)}, true
	}
	if p, err := pe.NewFile(r); err == nil {
		if p.OptionalHeader == nil {
			return nil, false // an object file
		}
		return []*Image{standardPE(f, p)}, true
	}
	if fat, err := macho.NewFatFile(r); err == nil {
		for _, arch := range fat.Arches {
			images = append(images, standardMach(f, arch.File, uint64(arch.Offset)))
		}
		return images, true
	}
	if m, err := macho.NewFile(r); err == nil {
		return []*Image{standardMach(f, m, 0)}, true
	}
	return nil, false
}

func standardELF(f *file, e *elf.File) *Image {
	i := &Image{}
	for _, p := range e.Progs {
		if p.Type == elf.PT_LOAD {
			_ = f.segment(i, p.Off, p.Filesz, p.Vaddr, p.Flags&elf.PF_W != 0)
		}
	}
	for _, s := range e.Sections {
		if s.Type != elf.SHT_NOBITS {
			f.section(i, []byte(s.Name), s.Offset, s.FileSize, s.Addr)
		}
	}
	return i
}

func standardPE(f *file, p *pe.File) *Image {
	i := &Image{}
	var base uint64
	switch h := p.OptionalHeader.(type) {
	case *pe.OptionalHeader32:
		base = uint64(h.ImageBase)
	case *pe.OptionalHeader64:
		base = h.ImageBase
	}
	for _, s := range p.Sections {
		addr := base + uint64(s.VirtualAddress)
		_ = f.segment(i, uint64(s.Offset), uint64(s.Size), addr, s.Characteristics&pe.IMAGE_SCN_MEM_WRITE != 0)
		f.section(i, []byte(s.Name), uint64(s.Offset), uint64(s.Size), addr)
	}
	return i
}

func standardMach(f *file, m *macho.File, start uint64) *Image {
	i := &Image{}
	for _, l := range m.Loads {
		if s, ok := l.(*macho.Segment); ok {
			_ = f.segment(i, start+s.Offset, s.Filesz, s.Addr, s.Prot&2 != 0)
		}
	}
	for _, s := range m.Sections {
		f.section(i, []byte(s.Name), start+uint64(s.Offset), s.Size, s.Addr)
	}
	return i
}

// TestAsTheStandardLibrary: of what is whole both read the same.
func TestAsTheStandardLibrary(t *testing.T) {
	all := samples(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if all["this test"], err = os.ReadFile(self); err != nil {
		t.Fatal(err)
	}
	compared := map[string]int{}
	for name, b := range all {
		want, ok := standard(b)
		if !ok {
			continue
		}
		got, err := Open(bytes.NewReader(b), int64(len(b)), names...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		kind, _, _ := strings.Cut(name, "/")
		compared[kind]++
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for _, kind := range []string{"elf", "pe", "macho", "this test"} {
		if compared[kind] == 0 {
			t.Errorf("no %s was compared", kind)
		}
	}
}

// program is a 64-bit ELF program of one segment, without sections.
func program() []byte {
	b := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 200)...)
	binary.LittleEndian.PutUint16(b[16:], elfExec)
	binary.LittleEndian.PutUint16(b[18:], 62)
	binary.LittleEndian.PutUint64(b[32:], 64)
	binary.LittleEndian.PutUint16(b[54:], 56)
	binary.LittleEndian.PutUint16(b[56:], 1)
	binary.LittleEndian.PutUint32(b[64:], elfLoad)
	binary.LittleEndian.PutUint32(b[68:], elfWrite)
	binary.LittleEndian.PutUint64(b[64+8:], 128)
	binary.LittleEndian.PutUint64(b[64+16:], 0x400000)
	binary.LittleEndian.PutUint64(b[64+32:], 10)
	return b
}

// TestHeadersThatLinuxDoesNotRead may say anything.
func TestHeadersThatLinuxDoesNotRead(t *testing.T) {
	want := []Segment{{Offset: 128, Size: 10, Addr: 0x400000, Writable: true}}
	for name, spoil := range map[string]func(b []byte){
		"as it was":       func([]byte) {},
		"class":           func(b []byte) { b[4] = 1 },
		"byte order":      func(b []byte) { b[5] = 2 },
		"version":         func(b []byte) { b[6], b[20] = 9, 9 },
		"system":          func(b []byte) { b[7], b[8] = 9, 9 },
		"section headers": func(b []byte) { binary.LittleEndian.PutUint64(b[40:], 1<<60) },
		"sections":        func(b []byte) { copy(b[58:64], "\xff\xff\xff\xff\xff\xff") },
		"class and a table for it": func(b []byte) {
			b[4] = 1
			binary.LittleEndian.PutUint32(b[28:], 96) // e_phoff of 32 bits, in the entry point
			binary.LittleEndian.PutUint16(b[42:], 32) // e_phentsize, in e_shoff
			binary.LittleEndian.PutUint16(b[44:], 1)
		},
	} {
		b := program()
		spoil(b)
		images, err := Open(bytes.NewReader(b), int64(len(b)), names...)
		if err != nil || len(images) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(want, images[0].Segments); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestBroken(t *testing.T) {
	elfOf := func(spoil func(b []byte)) []byte { b := program(); spoil(b); return b }
	peOf := func(sections uint16) []byte {
		b := append([]byte("MZ"), make([]byte, 400)...)
		b[peHeaderAt] = 64
		copy(b[64:], "PE\x00\x00")
		binary.LittleEndian.PutUint16(b[64+6:], sections)
		b[64+20] = 64
		return b
	}
	machOf := func(commands, size uint32, step uint32) []byte {
		b := append([]byte("\xcf\xfa\xed\xfe"), make([]byte, 200)...)
		binary.LittleEndian.PutUint32(b[16:], commands)
		binary.LittleEndian.PutUint32(b[20:], size)
		binary.LittleEndian.PutUint32(b[36:], step)
		return b
	}
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"nothing":                       {nil, ErrFormat},
		"text":                          {[]byte("some text here"), ErrFormat},
		"text that begins with MZ":      {[]byte("MZ" + strings.Repeat("text", 100)), ErrFormat},
		"a class file":                  {[]byte("\xca\xfe\xba\xbe\x00\x00\x00\x41" + strings.Repeat("x", 100)), ErrFormat},
		"ELF of 20 bytes":               {program()[:20], ErrHeaders},
		"program headers outside":       {elfOf(func(b []byte) { b[36] = 1 }), ErrHeaders},
		"no program header":             {elfOf(func(b []byte) { b[56] = 0 }), ErrHeaders},
		"program headers of 100 bytes":  {elfOf(func(b []byte) { b[54] = 100 }), ErrHeaders},
		"PE of 65,535 sections":         {peOf(65535), ErrHeaders},
		"Mach-O of 4 GB of commands":    {machOf(1, 1<<32-1, 8), ErrHeaders},
		"a load command of no length":   {machOf(1<<31, 100, 0), ErrHeaders},
		"a load command longer than it": {machOf(1, 100, 101), ErrHeaders},
	} {
		if _, err := Open(bytes.NewReader(c.b), int64(len(c.b))); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// manySections is a program of n sections that share a name.
func manySections(n, name int) []byte {
	b := program()
	strings := append(append([]byte{0}, bytes.Repeat([]byte{'A'}, name)...), 0)
	at := len(b)
	b = append(b, strings...)
	binary.LittleEndian.PutUint64(b[40:], uint64(len(b)))
	binary.LittleEndian.PutUint16(b[58:], 64)
	binary.LittleEndian.PutUint16(b[60:], uint16(n))
	row := make([]byte, 64)
	row[0], row[4] = 1, 3
	binary.LittleEndian.PutUint64(row[24:], uint64(at))
	binary.LittleEndian.PutUint64(row[32:], uint64(len(strings)))
	return append(b, bytes.Repeat(row, n)...)
}

// TestLongNames: names are not read where nobody asks for them.
func TestLongNames(t *testing.T) {
	b := manySections(65_000, 100_000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Open(bytes.NewReader(b), int64(len(b)), names...); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 2*maxHeaders {
		t.Errorf("%d bytes allocated", n)
	}
}

func TestMatchesAreBounded(t *testing.T) {
	b := manySections(1000, 5)
	images, err := Open(bytes.NewReader(b), int64(len(b)), "AAAAA")
	if err != nil || len(images[0].Sections) != maxMatches {
		t.Errorf("%v", err)
	}
}

// counter counts the bytes that are read.
type counter struct {
	io.ReaderAt
	n int64
}

func (c *counter) ReadAt(b []byte, at int64) (int, error) {
	c.n += int64(len(b))
	return c.ReaderAt.ReadAt(b, at)
}

func FuzzOpen(f *testing.F) {
	for name, b := range samples(f) {
		if len(b) < 20_000 || strings.HasPrefix(name, "macho/fat") {
			f.Add(b[:min(len(b), 50_000)])
		}
	}
	f.Add(program())
	f.Add(manySections(10, 5))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &counter{ReaderAt: bytes.NewReader(b)}
		images, _ := Open(r, int64(len(b)), names...)
		if r.n > maxFat*(maxHeaders+maxCommands) {
			t.Errorf("%d bytes read", r.n)
		}
		for _, i := range images {
			for _, s := range i.Segments {
				if s.Offset < 0 || s.Size <= 0 || s.Offset+s.Size > int64(len(b)) {
					t.Error(fmt.Sprint("a segment outside of the file: ", s))
				}
			}
			for _, s := range i.Sections {
				if s.Offset < 0 || s.Size < 0 || s.Offset+s.Size > int64(len(b)) {
					t.Error(fmt.Sprint("a section outside of the file: ", s))
				}
			}
		}
	})
}
