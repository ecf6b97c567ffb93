package packages

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bundleOf makes a single-file application: a host, deps.json, and the header that
// the host points at.
func bundleOf(t testing.TB, deps string, change func(offset, size *uint64)) string {
	host := elfOf(t, ".data", []byte(strings.Repeat("\x00", 8)+bundleMark))
	offset, size := uint64(len(host)), uint64(len(deps))
	if change != nil {
		change(&offset, &size)
	}
	header := binary.LittleEndian.AppendUint32(nil, 6)
	header = binary.LittleEndian.AppendUint32(header, 0)
	header = binary.LittleEndian.AppendUint32(header, 2)
	header = append(append(header, 12), "abcdefghijkl"...)
	for _, n := range []uint64{offset, size, 0, 0, 0} {
		header = binary.LittleEndian.AppendUint64(header, n)
	}
	b := []byte(host + deps + string(header))
	at := strings.Index(host, bundleMark)
	binary.LittleEndian.PutUint64(b[at-8:], uint64(len(host)+len(deps)))
	return string(b)
}

func TestBundle(t *testing.T) {
	deps := `{"libraries":{"Newtonsoft.Json/12.0.1":{"type":"package"},"App/1.0.0":{"type":"project"}}}`
	golden(t, "app/App", bundleOf(t, deps, nil), []string{"nuget|NuGet|Newtonsoft.Json|12.0.1"})
	for name, change := range map[string]func(offset, size *uint64){
		"beyond the file":  func(offset, _ *uint64) { *offset = 1 << 40 },
		"before the file":  func(offset, _ *uint64) { *offset = 1 << 63 },
		"an endless size":  func(_, size *uint64) { *size = 1<<63 - 1 },
		"a negative size":  func(_, size *uint64) { *size = 1 << 63 },
		"nothing":          func(_, size *uint64) { *size = 0 },
		"16 MiB and more":  func(_, size *uint64) { *size = maxManifest + 1 },
		"one byte too far": func(_, size *uint64) { *size += 1 << 20 },
	} {
		if got, err := read(t, "app/App", bundleOf(t, deps, change)); err == nil || got != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if got, err := read(t, "app/App", elfOf(t, ".data", []byte(strings.Repeat("\x00", 8)+bundleMark))); err != nil ||
		got != nil {
		t.Errorf("a host without a bundle: %q, %v", got, err)
	}
}

// assembly makes the headers of a PE file with or without CLI data.
func assembly(managed bool) string {
	b := make([]byte, 1024)
	copy(b, "MZ")
	b[peOffsetAt] = 128
	copy(b[128:], "PE\x00\x00")
	binary.LittleEndian.PutUint16(b[128+20:], 240)
	binary.LittleEndian.PutUint16(b[128+peHeaders:], peMagic6)
	if managed {
		binary.LittleEndian.PutUint32(b[128+peHeaders+cliDirectory6:], 4096)
	}
	return string(b)
}

// TestAssemblies: those that no deps.json describes are told.
func TestAssemblies(t *testing.T) {
	col := NewCollector()
	for path, content := range map[string]string{
		"app/App.deps.json": `{"libraries":{"A/1":{"type":"package"}}}`, "app/A.dll": assembly(true),
		"app/runtimes/win/lib/B.dll": assembly(true), "other/C.dll": assembly(true), "other/native.dll": assembly(false),
	} {
		if err := col.File(t.Context(), FormatOf(path), fileOf(path, content)); err != nil {
			t.Fatal(err)
		}
	}
	advised, others := col.Unread()
	if d := cmp.Diff([]string{unreadAssemblies + " (other/C.dll)"}, advised); d != "" || others != nil {
		t.Error(d, others)
	}
	for n := range 400 { // headers that are cut off anywhere
		isManaged(fileOf("a.dll", assembly(true)[:n]))
	}
}

// FuzzBundle: whatever the header says, nothing outside of the file is read.
func FuzzBundle(f *testing.F) {
	f.Add([]byte(bundleOf(f, `{"libraries":{"A/1":{"type":"package"}}}`, nil)))
	f.Fuzz(func(t *testing.T, b []byte) {
		at := strings.Index(string(b), bundleMarkEnd)
		if at < 0 {
			return
		}
		pkgs, _ := readBundle(t.Context(), fileOf("a", string(b)), int64(at))
		for _, p := range pkgs {
			if !plausible(p.Name) || !plausible(p.Version) {
				t.Errorf("%+v", p)
			}
		}
	})
}
