package advisory

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

func osv(id string) string {
	return `{"id":"` + id + `","modified":"2024-01-01T00:00:00Z",` +
		`"affected":[{"package":{"ecosystem":"npm","name":"a"},"versions":["1"]}]}`
}

// zipOf makes a dump of records by file name.
func zipOf(t *testing.T, files ...string) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = w.Write([]byte(files[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func write(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// found lists what a walk delivers, in order.
func found(t *testing.T, paths ...string) ([]string, Summary, error) {
	t.Helper()
	var out []string
	sum, err := Walk(context.Background(), paths, Handler{
		Records: func(b Batch) error {
			for _, r := range b.Records {
				if full := sha256.Sum256(r.Raw); r.Hash != [16]byte(full[:16]) {
					t.Errorf("%s: wrong hash", r.ID)
				}
				out = append(out, b.Ecosystem+"/"+r.ID)
			}
			return nil
		},
		Enrichments: func(l []landwaiter.Enrichment) error {
			out = append(out, "cve "+l[0].CVE)
			return nil
		},
		Lifecycles: func(l []landwaiter.Lifecycle) error {
			out = append(out, "eol "+l[0].Product)
			return nil
		},
	})
	if err == nil && len(sum.Failed) > 0 {
		err = sum.Failed[0].Err
	}
	return out, sum, err
}

func TestWalk(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "npm", "all.zip"),
		zipOf(t, "A-2.json", osv("A-2"), "A-1.json", osv("A-1"), "notes.txt", "x", "b@d.json", "{}"))
	write(t, filepath.Join(dir, "one.json"), []byte(osv("B-1")))
	write(t, filepath.Join(dir, "kev.json"),
		[]byte(`{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2024-1","dateAdded":"2024-02-03"}]}`))
	write(t, filepath.Join(dir, "rates.csv"), []byte("cve,epss\nCVE-2024-2,0.5\n"))
	write(t, filepath.Join(dir, "eol", "alpine-linux.md"), []byte(productFile))
	write(t, filepath.Join(dir, "README.md"), []byte("# readme"))
	write(t, filepath.Join(dir, "vex.json"), []byte(`{"@context":"https://openvex.dev/ns/v0.2.0"}`))

	got, sum, err := found(t, dir, filepath.Join(dir, "one.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"eol alpine", "cve CVE-2024-1", "npm/A-2", "npm/A-1", "cve CVE-2024-2", "/B-1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if sum.Records != 3 || sum.Skipped != 1 || len(sum.Reasons) != 1 {
		t.Errorf("summary %+v", sum)
	}
}

func TestWalkRefuses(t *testing.T) {
	dir := t.TempDir()
	whole := zipOf(t, "A-1.json", osv("A-1"))
	for name, c := range map[string]struct {
		data []byte
		kind landwaiter.ErrorKind
	}{
		"cut.zip":   {whole[:len(whole)-10], landwaiter.Corrupt},
		"text.json": {[]byte("{"), landwaiter.Corrupt},
		"list.json": {[]byte("[]"), landwaiter.Unsupported},
		"notes.txt": {[]byte("x"), landwaiter.Unsupported},
		"page.md":   {[]byte("# x"), landwaiter.Unsupported},
		"bad.json":  {[]byte(`{"id":"../x","affected":[]}`), landwaiter.Corrupt},
	} {
		path := write(t, filepath.Join(dir, name), c.data)
		if _, _, err := found(t, path); landwaiter.KindOf(err) != c.kind {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
		}
	}
	if _, _, err := found(t, filepath.Join(dir, "missing")); landwaiter.KindOf(err) != landwaiter.NotFound {
		t.Errorf("a missing path gave %v", err)
	}
}

func TestWalkBatches(t *testing.T) {
	var files []string
	for i := range 2*batchRecords + 1 {
		id := fmt.Sprintf("A-%d", i)
		files = append(files, id+".json", osv(id))
	}
	path := write(t, filepath.Join(t.TempDir(), "npm", "all.zip"), zipOf(t, files...))
	var sizes []int
	_, err := Walk(context.Background(), []string{path}, Handler{Records: func(b Batch) error {
		sizes = append(sizes, len(b.Records))
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{batchRecords, batchRecords, 1}, sizes); diff != "" {
		t.Error(diff)
	}
	stop := errors.New("stop")
	calls := 0
	_, err = Walk(context.Background(), []string{path}, Handler{Records: func(Batch) error {
		calls++
		return stop
	}})
	if err != stop || calls != 1 {
		t.Errorf("after %d calls: %v", calls, err)
	}
}

func TestWalkCanceled(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "npm", "all.zip"), zipOf(t, "A-1.json", osv("A-1")))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Walk(ctx, []string{path}, Handler{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestParseAll(t *testing.T) {
	list, errs := ParseAll(
		[]Record{{ID: "A-1", Raw: []byte(osv("A-1"))}, {ID: "A-2", Raw: []byte(osv("A-3"))}, {ID: "A-4", Raw: []byte("{")}})
	if list[0] == nil || errs[0] != nil || list[0].ID != "A-1" {
		t.Errorf("first: %v %v", list[0], errs[0])
	}
	for i := 1; i < 3; i++ {
		if list[i] != nil || landwaiter.KindOf(errs[i]) != landwaiter.Corrupt {
			t.Errorf("%d: %v %v", i, list[i], errs[i])
		}
	}
}

func FuzzArchive(f *testing.F) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	w, _ := z.Create("A-1.json")
	w.Write([]byte(osv("A-1")))
	z.Close()
	f.Add(buf.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := filepath.Join(t.TempDir(), "all.zip")
		if os.WriteFile(path, raw, 0o600) != nil {
			t.Skip("no space")
		}
		_, err := Walk(context.Background(), []string{path}, Handler{Records: func(b Batch) error {
			for _, r := range b.Records {
				if !validID(r.ID) {
					t.Fatalf("ID %q", r.ID)
				}
			}
			return nil
		}})
		if kind := landwaiter.KindOf(err); kind == landwaiter.Internal {
			t.Fatalf("%v", err)
		}
	})
}
