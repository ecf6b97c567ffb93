package untar_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/layer/untar"
)

// item is what the two readers must agree on for an entry.
type item struct {
	Name, Linkname, Opaque string
	Type                   byte
	Mode, Size             int64
	UID, GID               int
	Major, Minor           int64
	Content                string // its hash
	Broken                 bool   // the content ends in an error
}

const opaque = "SCHILY.xattr.trusted.overlay.opaque"

// maxContent bounds how much of a file is read, since holes may be of any size.
const maxContent = 1 << 20

// contentOf reads with a buffer whose size is not related to any block size.
func contentOf(i *item, r io.Reader) {
	h := sha256.New()
	_, err := io.CopyBuffer(h, struct{ io.Reader }{io.LimitReader(r, maxContent)}, make([]byte, 777))
	i.Content, i.Broken = fmt.Sprintf("%x", h.Sum(nil)), err != nil
}

func ours(src untar.Source, content bool) (items []item, err error) {
	r := untar.NewReader(src)
	for {
		h, err := r.Next()
		if err != nil {
			return items, err
		}
		i := item{
			Name: string(h.Name), Linkname: string(h.Linkname), Opaque: string(r.Record(opaque)), Type: h.Type,
			Mode: h.Mode, Size: h.Size, UID: h.UID, GID: h.GID, Major: h.Devmajor, Minor: h.Devminor,
		}
		if h.Type == tar.TypeXGlobalHeader {
			// archive/tar gives a global header the name in its records.
			i = item{Type: h.Type}
		}
		if content {
			contentOf(&i, r)
		}
		items = append(items, i)
	}
}

func theirs(src io.Reader, content bool) (items []item, err error) {
	r := tar.NewReader(src)
	for {
		h, err := r.Next()
		if err != nil {
			return items, err
		}
		i := item{
			Name: h.Name, Linkname: h.Linkname, Opaque: h.PAXRecords[opaque], Type: h.Typeflag,
			Mode: h.Mode, Size: h.Size, UID: h.Uid, GID: h.Gid, Major: h.Devmajor, Minor: h.Devminor,
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			i = item{Type: h.Typeflag}
		}
		if content {
			contentOf(&i, r)
		}
		items = append(items, i)
	}
}

// compare compares both readers, with and without reading the contents, and with
// a source that returns one byte at a time.
func compare(t *testing.T, archive []byte) {
	t.Helper()
	for _, content := range []bool{true, false} {
		want, wantErr := theirs(bytes.NewReader(archive), content)
		for _, src := range []io.Reader{bytes.NewReader(archive), iotest.OneByteReader(bytes.NewReader(archive))} {
			got, err := ours(bufio.NewReaderSize(src, 16), content)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("content %t: entries (-archive/tar +ours):\n%s", content, d)
			}
			if (err == io.EOF) != (wantErr == io.EOF) {
				t.Errorf("content %t: error %v, of archive/tar %v", content, err, wantErr)
			}
		}
	}
}

// written are archives written by archive/tar, in all its formats.
func written(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	long := strings.Repeat("directory/", 30) + "name"
	for format, headers := range map[tar.Format][]tar.Header{
		tar.FormatUSTAR: {
			{Name: "a/", Typeflag: tar.TypeDir, Mode: 0o1777},
			{Name: strings.Repeat("p", 120) + "/" + strings.Repeat("n", 90), Typeflag: tar.TypeReg, Size: 1000, Uid: 1,
				Gid: 2},
			{Name: "null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3}, {Name: "fifo", Typeflag: tar.TypeFifo},
		},
		tar.FormatGNU: {
			{Name: long, Typeflag: tar.TypeReg, Size: 512}, {Name: "l", Linkname: long, Typeflag: tar.TypeSymlink},
			{Name: "big ids", Typeflag: tar.TypeReg, Size: 1, Uid: 1 << 40, Gid: -5},
		},
		tar.FormatPAX: {
			{Name: long + "é", Typeflag: tar.TypeReg, Size: 3, Uid: 1 << 30},
			{Name: "h", Linkname: long, Typeflag: tar.TypeLink},
			{Typeflag: tar.TypeXGlobalHeader, Name: "g", PAXRecords: map[string]string{"path": "x", "comment": "y"}},
			{Name: "dir/", Typeflag: tar.TypeDir, PAXRecords: map[string]string{opaque: "y"}},
		},
	} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, h := range headers {
			h.Format = format
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(bytes.Repeat([]byte{'c'}, int(h.Size))); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		out[format.String()] = b.Bytes()
	}
	return out
}

// goldens are the test archives of archive/tar, if the source of Go is
// installed.
func goldens(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Logf("without archive/tar's test data: %v", err)
		return out
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "src/archive/tar/testdata/*.tar*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".base64") {
			if b, err = base64.StdEncoding.AppendDecode(nil, b); err != nil {
				t.Fatal(err)
			}
		}
		out[filepath.Base(name)] = b
	}
	return out
}

func TestReadsWhatArchiveTarReads(t *testing.T) {
	for _, archives := range []map[string][]byte{written(t), goldens(t), hostile()} {
		for name, archive := range archives {
			t.Run(name, func(t *testing.T) { compare(t, archive) })
		}
	}
}

// TestEveryCut truncates an archive at every byte.
func TestEveryCut(t *testing.T) {
	for name, archive := range written(t) {
		for cut := 0; cut < len(archive); cut += 61 {
			t.Run(fmt.Sprint(name, cut), func(t *testing.T) { compare(t, archive[:cut]) })
		}
	}
}

// TestNextAllocatesNothing checks that Next allocates neither for short nor for
// long names.
func TestNextAllocatesNothing(t *testing.T) {
	for name, archive := range written(t) {
		bare := bytes.TrimRight(archive, "\x00")
		bare = archive[:(len(bare)+511)/512*512] // without its end, to be read in a circle
		r := untar.NewReader(bufio.NewReader(&circle{b: bare}))
		read := func() {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
			r.Record(opaque)
		}
		for range 100 {
			read() // buffers grow
		}
		if n := testing.AllocsPerRun(1000, read); n != 0 {
			t.Errorf("%s: %v allocations for each entry", name, n)
		}
	}
}

// circle returns b over and over.
type circle struct {
	b   []byte
	pos int
}

func (c *circle) Read(p []byte) (int, error) {
	n := copy(p, c.b[c.pos:])
	c.pos = (c.pos + n) % len(c.b)
	return n, nil
}

// FuzzAgainstArchiveTar checks that for any bytes, both readers give the same
// entries, contents and errors. It corrects checksums, since otherwise nearly
// all inputs would fail there.
func FuzzAgainstArchiveTar(f *testing.F) {
	for _, archives := range []map[string][]byte{written(f), goldens(f), hostile()} {
		for _, archive := range archives {
			if len(archive) < 16<<10 { // larger ones are slow to make smaller
				f.Add(archive, true)
				f.Add(archive, false)
			}
		}
	}
	f.Fuzz(func(t *testing.T, archive []byte, mend bool) {
		if mend {
			archive = mended(archive)
		}
		compare(t, archive)
	})
}

// mended returns the archive with a valid checksum in every block that could be
// a header.
func mended(archive []byte) []byte {
	archive = bytes.Clone(archive)
	for rest := archive; len(rest) >= 512; rest = rest[512:] {
		if b := rest[:512]; string(b[257:262]) == "ustar" || b[148] == '0' {
			seal(b)
		}
	}
	return archive
}

// seal sets the checksum of a header.
func seal(b []byte) {
	copy(b[148:156], "        ")
	sum := 0
	for _, c := range b[:512] {
		sum += int(c)
	}
	copy(b[148:156], fmt.Sprintf("%06o\x00 ", sum))
}
