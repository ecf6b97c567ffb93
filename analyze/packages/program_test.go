package packages

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/analyze/packages/objfile"
)

// read reads one file by the format of its path.
func read(t testing.TB, path, content string) ([]string, error) {
	t.Helper()
	col := NewCollector()
	err := col.File(t.Context(), FormatOf(path), fileOf(path, content))
	return lines(col.Packages()), err
}

// TestProgramsThatRunAreRead changes what Linux does not need of a program that
// runs, this test, and looks whether it still runs and is read as before.
func TestProgramsThatRunAreRead(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "linux" || !bytes.HasPrefix(whole, []byte("\x7fELF\x02\x01")) {
		t.Skip("no Linux program of 64 bits, little endian")
	}
	want, err := read(t, "usr/bin/tool", string(whole))
	if err != nil || !slices.Contains(want, "golang|Go|stdlib|"+strings.TrimPrefix(runtime.Version(), "go")) {
		t.Fatalf("%v, %v", want, err)
	}
	order := binary.LittleEndian
	sections := order.Uint64(whole[40:])
	for name, spoil := range map[string]func(b []byte) []byte{
		"section headers beyond the file": func(b []byte) []byte { order.PutUint64(b[40:], 0xFFFFFFFFFF); return b },
		"no section headers": func(b []byte) []byte {
			clear(b[40:48])
			clear(b[58:64])
			return b
		},
		"no names of sections":     func(b []byte) []byte { order.PutUint16(b[62:], 0); return b },
		"sections of another size": func(b []byte) []byte { order.PutUint16(b[58:], 1); return b },
		"class, byte order, version, system": func(b []byte) []byte {
			copy(b[4:16], "\x01\x02\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09")
			return b
		},
		"other sections": func(b []byte) []byte { clear(b[sections:][:64*int(order.Uint16(b[60:]))]); return b },
		"a decoy in a section of its own": func(b []byte) []byte {
			decoy := goBinary(t, "go1.99.0", "path\tx\nmod\tx\tv1.0.0\t\n")
			at := strings.Index(decoy, goMagic)
			b = append(b, make([]byte, 16-len(b)%16)...)
			for n := range int(order.Uint16(b[60:])) {
				row := b[int(sections)+64*n:]
				if addr := order.Uint64(row[16:]); addr != 0 { // whichever is the right one
					order.PutUint64(row[16:], addr&^15)
					order.PutUint64(row[24:], uint64(len(b)))
					order.PutUint64(row[32:], uint64(len(decoy)-at))
				}
			}
			return append(b, decoy[at:]...)
		},
		"the name of UPX": func(b []byte) []byte { copy(b[8:], upxMagic); return b },
	} {
		t.Run(name, func(t *testing.T) {
			spoiled := spoil(bytes.Clone(whole))
			file := filepath.Join(t.TempDir(), "program")
			if err := os.WriteFile(file, spoiled, 0o755); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(file, "-test.list", "^TestProgramsThatRunAreRead$").CombinedOutput(); err != nil {
				t.Fatalf("it does not run any more: %v\n%s", err, out)
			}
			got, _ := read(t, "usr/bin/tool", string(spoiled))
			for _, w := range want {
				if !slices.Contains(got, w) {
					t.Errorf("%s is missing in %v", w, got)
				}
			}
		})
	}
}

// TestGoBuildForms reads build information as Go wrote it before 1.18, in
// programs of other systems, and more than one.
func TestGoBuildForms(t *testing.T) {
	const modules = "path\tx\nmod\tx\tv1.2.3\t\ndep\ta.b/c\tv1.0.0\n=>\td.e/f\tv1.1.0\th1:y=\ndep\tg\tv1\t\n" +
		"=>\t./g\t(devel)\t\n"
	want := []string{"golang|Go|d.e/f|1.1.0", "golang|Go|stdlib|1.17.3", "golang|Go|x|1.2.3"}
	inline := string(goInfo("go1.17.3", modules))
	for name, content := range map[string]string{
		"inline":           elfOf(t, ".go.buildinfo", []byte(inline)),
		"pointers":         elfOf(t, ".go.buildinfo", pointed(binary.LittleEndian, 8, "go1.17.3", modules)),
		"32-bit pointers":  elfOf(t, ".go.buildinfo", pointed(binary.LittleEndian, 4, "go1.17.3", modules)),
		"big endian":       elfOf(t, ".go.buildinfo", pointed(binary.BigEndian, 8, "go1.17.3", modules)),
		"another section":  elfOf(t, ".data", []byte(inline)),
		"behind its magic": elfOf(t, ".data", []byte(goMagic+"\x08\x02and nothing"+strings.Repeat("\x00", 64-27)+inline)),
		"PE":               peOf([]byte(inline)),
		"Mach-O":           machOf([]byte(inline)),
		"universal Mach-O": fatOf(machOf([]byte(inline))),
	} {
		got, err := read(t, "usr/bin/tool", content)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	two := append(goInfo("go1.17.3", "path\tx\n"), make([]byte, 16)...)
	two = append(two[:len(two)&^15], goInfo("go1.18", "path\ty\nmod\ty\tv1\t\n")...)
	got, err := read(t, "usr/bin/tool", elfOf(t, ".data", two))
	want = []string{"golang|Go|stdlib|1.17.3", "golang|Go|stdlib|1.18", "golang|Go|y|1"}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("two: %v, %s", err, d)
	}
}

// pointed is build information by pointers; elfOf loads it at address 128.
func pointed(order binary.ByteOrder, word int, version, modules string) []byte {
	put := func(b []byte, v int) {
		if word == 4 {
			order.PutUint32(b, uint32(v))
		} else {
			order.PutUint64(b, uint64(v))
		}
	}
	b := make([]byte, goHeader)
	copy(b, goMagic)
	b[14] = byte(word)
	if order == binary.BigEndian {
		b[15] = goBigEndian
	}
	sentinel := strings.Repeat("-", goSentinel)
	for n, text := range []string{version, sentinel + modules + sentinel} {
		header := len(b)
		b = append(b, make([]byte, 2*word)...)
		put(b[16+n*word:], 128+header)
		put(b[header:], 128+len(b))
		put(b[header+word:], len(text))
		b = append(b, text...)
	}
	return b
}

// peOf is a PE file of one section that may be written.
func peOf(data []byte) string {
	b := append([]byte("MZ"), make([]byte, 510)...)
	b[0x3c] = 64
	copy(b[64:], "PE\x00\x00")
	order := binary.LittleEndian
	order.PutUint16(b[64+6:], 1)
	order.PutUint16(b[64+20:], 240)
	order.PutUint16(b[88:], 0x20b)
	order.PutUint64(b[88+24:], 0x140000000)
	s := b[88+240:]
	copy(s, ".data")
	order.PutUint32(s[12:], 0x1000)
	order.PutUint32(s[16:], uint32(len(data)))
	order.PutUint32(s[20:], uint32(len(b)))
	order.PutUint32(s[36:], 0xC0000040)
	return string(b) + string(data)
}

// machOf is a Mach-O file of one segment that may be written.
func machOf(data []byte) string {
	b := append([]byte("\xcf\xfa\xed\xfe"), make([]byte, 124)...)
	order := binary.LittleEndian
	order.PutUint32(b[16:], 1)
	order.PutUint32(b[20:], 72)
	order.PutUint32(b[32:], 0x19)
	order.PutUint32(b[36:], 72)
	order.PutUint64(b[32+24:], 0x100000000)
	order.PutUint64(b[32+40:], uint64(len(b)))
	order.PutUint64(b[32+48:], uint64(len(data)))
	order.PutUint32(b[32+60:], 3)
	return string(b) + string(data)
}

func fatOf(mach string) string {
	b := append([]byte("\xca\xfe\xba\xbe\x00\x00\x00\x01"), make([]byte, 56)...)
	binary.BigEndian.PutUint32(b[16:], uint32(len(b)))
	binary.BigEndian.PutUint32(b[20:], uint32(len(mach)))
	return string(b) + mach
}

// TestProgramsThatAreTold: what looks like a program and is not read is told.
func TestProgramsThatAreTold(t *testing.T) {
	const deps = "path\tx\nmod\tx\tv1.0.0\t\n"
	var many strings.Builder
	for i := range maxGoPackages + 10 {
		fmt.Fprintf(&many, "dep\ta%d\tv1.0.0\t\n", i)
	}
	broken := []byte(elfOf(t, ".text", make([]byte, 100)))
	broken[36] = 1 // e_phoff
	hidden := []byte(goBinary(t, "go1.22.1", deps))
	hidden[strings.Index(string(hidden), goMagic)+goHeader] = 0 // no version
	lost := []byte(auditable(t, `{"packages":[]}`))
	lost[45] = 1 // e_shoff
	packed := append([]byte("\x7fELF"), make([]byte, 500)...)
	copy(packed[240:], upxMagic)
	for name, c := range map[string]struct {
		content, told string
		found         int
	}{
		"program headers outside":      {string(broken), "broken headers", 0},
		"build information unreadable": {string(hidden), "cannot be read", 0},
		"sections of crates lost":      {string(lost), "list of crates", 0},
		"packed":                       {string(packed), "UPX", 0},
		"too many modules":             {goBinary(t, "go1.22.1", many.String()), "too many packages", maxGoPackages},
		"a long list": {
			goBinary(t, "go1.22.1", deps+strings.Repeat("build\tx\n", maxGoModules/8)), "longer than", 2,
		},
		"a list beyond the file":     {goBinary(t, "go1.22.1", strings.Repeat(deps, 99))[:250], "broken", 1},
		"a list without sentinels":   {goBinary(t, "go1.22.1", "dep\ta\tv1"), "broken", 1},
		"crates of 20 MB":            {auditable(t, strings.Repeat(" ", 20<<20)), "larger than", 0},
		"crates that are no JSON":    {auditable(t, "["), "crates", 0},
		"crates that are not packed": {elfOf(t, rustSection, []byte("[]")), "crates", 0},
		"thousands of magics": {
			elfOf(t, ".data", []byte(strings.Repeat(goMagic+"\x08\x02", maxMarkers+9))), "cannot be read", 0,
		},
		"dozens of programs in one": {
			elfOf(t, ".data", bytes.Repeat(aligned(goInfo("go1.22.1", deps)), maxGoBuilds+2)), "more than 16", 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, "usr/bin/tool", c.content)
			if err == nil || !strings.Contains(err.Error(), c.told) || len(got) != c.found {
				t.Errorf("%d packages, %v", len(got), err)
			}
		})
	}
}

func aligned(b []byte) []byte { return append(b, make([]byte, (goAlign-len(b)%goAlign)%goAlign)...) }

// TestProgramsThatHideNothing are not told.
func TestProgramsThatHideNothing(t *testing.T) {
	object := []byte(elfOf(t, ".text", make([]byte, 100)))
	object[16], object[56] = 1, 0
	for name, content := range map[string]string{
		"a program of another language": elfOf(t, ".text", make([]byte, 1000)),
		"an object file":                string(object),
		"a text that begins with MZ":    "MZ " + strings.Repeat("text ", 100),
		"a text that speaks of Go":      "MZ " + strings.Repeat("text ", 100) + goMagic + rustSection,
		"a program that looks for crates": elfOf(t, ".rodata", []byte("looking for "+rustSection+
			strings.Repeat(" ", 100))),
	} {
		if got, err := read(t, "usr/bin/tool", content); err != nil || len(got) > 0 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// FuzzProgram starts from whole programs: spoiled bytes neither make it panic
// nor have it find what is not in the file.
func FuzzProgram(f *testing.F) {
	info := goInfo("go1.22.1", "path\tx\nmod\tx\tv1.0.0\t\ndep\ta\tv1\t\n=>\tb\tv2\t\n")
	for _, content := range []string{
		elfOf(f, ".go.buildinfo", info),
		elfOf(f, ".data", pointed(binary.LittleEndian, 8, "go1.17", "path\tx\nmod\tx\tv1\t\n")),
		peOf(info), machOf(info), fatOf(machOf(info)), auditable(f, `{"packages":[{"name":"a","version":"1"}]}`),
	} {
		f.Add([]byte(content))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < minExecutable {
			return
		}
		col := NewCollector()
		err := col.File(t.Context(), FormatOf("usr/bin/tool"), fileOf("usr/bin/tool", string(b)))
		if errors.Is(err, objfile.ErrFormat) {
			t.Error(err)
		}
		for _, p := range col.Packages() {
			if !plausible(p.Name) || !plausible(p.Version) {
				t.Errorf("%+v", p)
			}
		}
	})
}
