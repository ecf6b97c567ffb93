package zipdir

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// archive makes a zip archive; every second file is packed.
func archive(t testing.TB, files map[string]string, comment string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	packed := false
	for name, content := range files {
		method := zip.Store
		if packed = !packed; packed {
			method = zip.Deflate
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, content)
	}
	if err := z.SetComment(comment); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// contents reads all entries of an archive, up to 1 MiB of each.
func contents(ctx context.Context, b []byte) (map[string]string, error) {
	a, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	var inflater Inflater
	err = a.Each(ctx, func(e *Entry) error {
		r, err := inflater.Open(a, e)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(io.LimitReader(r, 1<<20))
		files[string(e.Name)] = string(text)
		if s := a.Stored(e); s != nil && s.Size() != int64(e.Size) {
			return fmt.Errorf("%s: stored %d of %d bytes", e.Name, s.Size(), e.Size)
		}
		return err
	})
	return files, err
}

func TestRead(t *testing.T) {
	want := map[string]string{
		"a": "", "b/c.txt": "text", "d": strings.Repeat("long", 10000), strings.Repeat("n", 65535): "x",
	}
	plain := archive(t, want, "")
	many := map[string]string{}
	for i := range 70_000 { // more than 16 bits count
		many[fmt.Sprint(i)] = ""
	}
	decoy := archive(t, map[string]string{"decoy": ""}, "")
	for name, c := range map[string]struct {
		b    []byte
		want map[string]string
	}{
		"plain":                           {plain, want},
		"with a comment":                  {archive(t, want, "a comment"), want},
		"behind a script":                 {append([]byte("#!/bin/sh\nexec java -jar $0\n"), plain...), want},
		"behind another archive":          {append(bytes.Clone(decoy), plain...), want},
		"before something":                {append(bytes.Clone(plain), "text"...), want},
		"an archive's end in the comment": {archive(t, want, "PK\x05\x06"+strings.Repeat("\x00", 16)+"\x01\x00"), want},
		"empty":                           {archive(t, nil, ""), map[string]string{}},
		"of many":                         {archive(t, many, ""), many},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := contents(t.Context(), c.b)
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(got, c.want) {
				t.Error(cmp.Diff(c.want, got))
			}
		})
	}
}

func TestBroken(t *testing.T) {
	b := archive(t, map[string]string{"a": "1", "b": "2", "c": "3"}, "")
	directory := bytes.Index(b, []byte("PK\x01\x02"))
	for name, c := range map[string]struct {
		spoil func(b []byte) []byte
		want  error
		files int
	}{
		"text":             {func([]byte) []byte { return []byte("text") }, ErrFormat, 0},
		"nothing":          {func([]byte) []byte { return nil }, ErrFormat, 0},
		"cut short":        {func(b []byte) []byte { return b[:len(b)-30] }, ErrFormat, 0},
		"the second entry": {func(b []byte) []byte { b[directory+47] = 'X'; return b }, ErrDirectory, 1},
		"a count too high": {func(b []byte) []byte { b[len(b)-12] = 9; return b }, ErrDirectory, 3},
		"a directory that begins before the file": {func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[len(b)-10:], uint32(len(b)))
			return b
		}, ErrDirectory, 0},
		"content outside of the file": {func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[directory+42:], uint32(len(b)))
			return b
		}, ErrEntry, 0},
		"an unknown method": {func(b []byte) []byte { b[directory+10] = 99; return b }, ErrEntry, 0},
		"encrypted":         {func(b []byte) []byte { b[directory+8] |= 1; return b }, ErrEntry, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := contents(t.Context(), c.spoil(bytes.Clone(b)))
			if !errors.Is(err, c.want) || len(got) != c.files {
				t.Errorf("%d files, %v", len(got), err)
			}
		})
	}
}

// wide is an archive of n entries that share one file, with names of a length.
func wide(n, length int) []byte {
	name := strings.Repeat("n", length)
	b := append([]byte("PK\x03\x04"), make([]byte, localHeader-4)...)
	central := append([]byte("PK\x01\x02"), make([]byte, centralHeader-4)...)
	binary.LittleEndian.PutUint16(central[28:], uint16(length))
	at := len(b)
	for range n {
		b = append(append(b, central...), name...)
	}
	e := append([]byte("PK\x05\x06"), make([]byte, end-4)...)
	binary.LittleEndian.PutUint16(e[10:], uint16(n))
	binary.LittleEndian.PutUint32(e[12:], uint32(len(b)-at))
	binary.LittleEndian.PutUint32(e[16:], uint32(at))
	return append(b, e...)
}

// TestNothingIsKept: ten times the entries cost no more memory.
func TestNothingIsKept(t *testing.T) {
	allocs := func(b []byte) float64 {
		return testing.AllocsPerRun(3, func() {
			a, err := Open(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Each(t.Context(), func(*Entry) error { return nil }); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := allocs(wide(100, 4000)), allocs(wide(10_000, 4000)); many > few+1 || few > 20 {
		t.Errorf("%v allocations for 100 entries, %v for 10,000", few, many)
	}
}

func TestReadAll(t *testing.T) {
	const text = "0123456789"
	b := archive(t, map[string]string{"a": strings.Repeat(text, 100)}, "")
	directory := bytes.Index(b, []byte("PK\x01\x02"))
	for _, c := range []struct {
		claim uint32
		max   int64
		ok    bool
	}{
		{1000, 1000, true}, {1000, 999, false}, {999, 1000, false}, {1001, 2000, false}, {1 << 30, 1 << 40, false},
	} {
		binary.LittleEndian.PutUint32(b[directory+24:], c.claim)
		a, err := Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		var inflater Inflater
		if err := a.Each(t.Context(), func(e *Entry) error {
			got, err := inflater.ReadAll(a, e, c.max)
			if (err == nil) != c.ok || c.ok && string(got) != strings.Repeat(text, 100) {
				t.Errorf("%+v: %d bytes, %v", c, len(got), err)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := wide(60_000, 10)
	a, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	entries := 0
	err = a.Each(ctx, func(*Entry) error { entries++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || entries > entriesPerLook {
		t.Errorf("%d entries, %v", entries, err)
	}
}

// FuzzRead: whatever the archive, no entry has bytes that are not in it, and
// what the standard library reads is read.
func FuzzRead(f *testing.F) {
	f.Add(archive(f, map[string]string{"a": "1", "META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n"}, "comment"))
	f.Add(append([]byte("#!/bin/sh\n"), archive(f, map[string]string{"a": strings.Repeat("1", 1000)}, "")...))
	f.Add(wide(3, 5))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := contents(t.Context(), b)
		z, zipErr := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil || zipErr != nil || len(z.File) != len(got) {
			return
		}
		for _, e := range z.File {
			if _, ok := got[e.Name]; !ok {
				t.Errorf("%q is missing", e.Name)
			}
		}
	})
}
