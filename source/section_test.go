package source_test

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/landwaiter/landwaiter/source"
)

// TestSection: what a blob says of its place is what reading it gives.
func TestSection(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"a", "layer.tar", "z"} {
		content := "content of " + name
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.tar")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := source.IndexTar(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	member, _, err := archive.Open("layer.tar")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	// One that is too long is read, so that it is refused.
	long := source.Sized(source.Blob(t.Context(), whole), int64(b.Len()-1)).(source.Section)
	if _, _, _, ok := long.Section(); ok {
		t.Error("a blob longer than its manifest says is handed over")
	}
	pipe, _ := io.Pipe()
	for name, c := range map[string]struct {
		r     io.ReadCloser
		want  string
		isOne bool
	}{
		"member": {member, "content of layer.tar", true},
		"file":   {whole, b.String(), true},
		"sized":  {source.Sized(source.Blob(t.Context(), again), int64(b.Len())), b.String(), true},
		"pipe":   {pipe, "", false},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		blob := source.Blob(ctx, c.r)
		s, ok := blob.(source.Section)
		if ok != c.isOne {
			t.Errorf("%s: a section: %v", name, ok)
		}
		if ok {
			file, offset, size, ok := s.Section()
			got := make([]byte, size)
			if _, err := file.ReadAt(got, offset); err != nil || !ok || string(got) != c.want {
				t.Errorf("%s: %q %v", name, got, err)
			}
			if read, err := io.ReadAll(blob); err != nil || string(read) != c.want {
				t.Errorf("%s: %q %v", name, read, err)
			}
		}
		cancel()
		if _, err := blob.Read(make([]byte, 1)); err == nil || err == io.EOF {
			t.Errorf("%s: read after the end of the context: %v", name, err)
		}
		blob.Close()
	}
}
