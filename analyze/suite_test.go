package analyze

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/analysis"
	"github.com/landwaiter/landwaiter/analyze/packages"
	"github.com/landwaiter/landwaiter/layer"
)

// file is one entry of a layer made in memory.
type file struct {
	name, content, link string
	mode                int64
	typ                 byte
}

func tarOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		if f.typ == 0 {
			f.typ = tar.TypeReg
		}
		if f.mode == 0 {
			f.mode = 0o644
		}
		h := &tar.Header{Name: f.name, Typeflag: f.typ, Mode: f.mode, Size: int64(len(f.content)), Linkname: f.link}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func newEngine(t testing.TB, o Options) *Suite {
	t.Helper()
	if o.Spool == "" {
		o.Spool = t.TempDir()
	}
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func analyse(t testing.TB, e *Suite, blob []byte, want ...string) *landwaiter.LayerReport {
	t.Helper()
	r, err := e.Layer(context.Background(), bytes.NewReader(blob), want)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const dpkgStatus = `Package: bash
Status: install ok installed
Architecture: amd64
Source: bash (5.2.15-2)
Version: 5.2.15-2+b2

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0
`

// eicar is assembled as the detector does it.
func eicar() string {
	return `X5O!P%@AP[4\PZX54(P^)` + strings.Join([]string{`7CC)7}$EICAR-STANDARD`, `ANTIVIRUS-TEST`, `FILE!$H+H*`}, "-")
}

func TestLayer(t *testing.T) {
	blob := tarOf(t,
		file{name: "etc/os-release", content: "ID=debian\nVERSION_ID=\"12\"\n"},
		file{name: "var/lib/dpkg/status", content: dpkgStatus},
		file{name: "app/eicar.com", content: eicar()},
		file{name: "app/token.txt", content: "one\ntoken: ghp_" + "a8Kq2LmN4pRs6TuV8wXy0zAb1CdE3fGh5JkL" + "\n"},
		file{name: "usr/bin/su", content: "x", mode: 0o4755},
		file{name: "app/open", typ: tar.TypeDir, mode: 0o777},
	)
	r := analyse(t, newEngine(t, Options{}), blob)

	sum := sha256.Sum256(blob)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	if r.DiffID != digest || r.Digest != digest || r.Files != 6 || len(r.Index) == 0 {
		t.Errorf("digests %s %s, %d files, index of %d", r.DiffID, r.Digest, r.Files, len(r.Index))
	}
	if r.OS.String() != "debian:12" || r.OSPath != "etc/os-release" {
		t.Errorf("OS %v in %q", r.OS, r.OSPath)
	}
	want := []landwaiter.Package{{
		Type: "deb", Name: "bash", Version: "5.2.15-2+b2", Arch: "amd64",
		SourceName: "bash", SourceVersion: "5.2.15-2", Path: "var/lib/dpkg/status",
	}}
	if d := cmp.Diff(want, r.Packages); d != "" {
		t.Error(d)
	}
	if len(r.Malware) != 1 || r.Malware[0].Path != "app/eicar.com" || r.Malware[0].Engine != "eicar" ||
		r.Malware[0].MD5 != "44d88612fea8a8f36de82e1278abb02f" {
		t.Errorf("malware %+v", r.Malware)
	}
	var risks []string
	for _, k := range r.Risks {
		risks = append(risks, fmt.Sprintf("%s %s:%d %s", k.Rule, k.Path, k.Line, k.Severity))
	}
	if d := cmp.Diff([]string{
		"github-token app/token.txt:2 critical", "setuid-distribution-file usr/bin/su:0 low",
		"world-writable app/open:0 medium",
	}, risks); d != "" {
		t.Error(d)
	}
	if strings.Contains(fmt.Sprint(r.Risks), "a8Kq2LmN") {
		t.Error("a risk shows the secret")
	}
	for _, c := range r.Coverage {
		if c.State != landwaiter.Scanned || c.Layer != digest {
			t.Errorf("coverage %+v", c)
		}
	}
	if len(r.Coverage) != len(makers) {
		t.Errorf("%d coverage entries", len(r.Coverage))
	}
}

func TestOnlyWanted(t *testing.T) {
	e := newEngine(t, Options{})
	blob := tarOf(t, file{name: "var/lib/dpkg/status", content: dpkgStatus}, file{name: "e", content: eicar()})
	r := analyse(t, e, blob, landwaiter.AnalyserMalware)
	if len(r.Packages) != 0 || len(r.Malware) != 1 || len(r.Coverage) != 1 ||
		r.Coverage[0].Analyser != landwaiter.AnalyserMalware {
		t.Errorf("%+v", r)
	}
	_, err := e.Layer(context.Background(), bytes.NewReader(blob), []string{"astrology"})
	if landwaiter.KindOf(err) != landwaiter.Invalid {
		t.Errorf("unknown analyser: %v", err)
	}
}

// TestBrokenFileKeepsTheRest is row 17 of the table of hostile inputs.
func TestBrokenFileKeepsTheRest(t *testing.T) {
	blob := tarOf(t,
		file{name: "a/package-lock.json", content: "{\x1b[31m"},
		file{name: "var/lib/rpm/rpmdb.sqlite", content: "SQLite format 3\x00" + strings.Repeat("\xff", 4096)},
		file{name: "b/node_modules/x/package.json",
			content: `{"name":"x","version":"1.0.0","maintainers":[null],"contributors":"A B"}`},
		file{name: "var/lib/dpkg/status", content: dpkgStatus},
	)
	r := analyse(t, newEngine(t, Options{}), blob)
	if len(r.Packages) != 2 {
		t.Errorf("packages %+v", r.Packages)
	}
	c := r.Coverage[0]
	if c.State != landwaiter.Partial || !strings.Contains(c.Reason, "a/package-lock.json: ") ||
		!strings.Contains(c.Reason, "rpmdb.sqlite: broken SQLite") {
		t.Errorf("coverage %+v", c)
	}
	if strings.ContainsRune(c.Reason, 0x1b) {
		t.Error("the reason drives a terminal")
	}
}

// TestCutLayer: what ends the reading of a layer loses nothing that was found
// before it, and says so for every analyser.
func TestCutLayer(t *testing.T) {
	e := newEngine(t, Options{Limits: layer.Limits{RatioFrom: 4 << 20, Bytes: 24 << 20, Entries: 6}})
	good := file{name: "app/node_modules/left/package.json", content: `{"name":"left","version":"1.0.0"}`}
	eicar := file{name: "eicar.com", content: `X5O!P%@AP[4\PZX54(P^)7CC)7}$` + `EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`}
	noise := make([]byte, 32<<20)
	for i := range noise {
		noise[i] = byte(i * i >> 7 * i >> 3)
	}
	many := []file{good, eicar}
	for i := range 9 {
		many = append(many, file{name: fmt.Sprint(i)})
	}
	zeros := tarOf(t, good, eicar, file{name: "z", content: strings.Repeat("\x00", 20<<20)})
	large := tarOf(t, good, eicar, file{name: "z", content: string(noise)})
	whole := zipped(t, zeros)
	few := tarOf(t, good, eicar, file{name: "z", content: strings.Repeat("\x00", 3<<20)})
	after := append(tarOf(t, good, eicar), make([]byte, 20<<20)...)
	broken := append(bytes.Clone(large[:3072]), bytes.Repeat([]byte("x"), 4096)...)
	for _, c := range []struct {
		name   string
		blob   []byte
		cut    bool // its diffID cannot be known
		digest bool
		reason string
	}{
		{"a file of zeros", zipped(t, few), false, true, ""},
		{"bomb", whole, true, true, "over 200 times"},
		{"zeros after the end", zipped(t, after), true, true, "over 200 times"},
		{"too large", large, true, true, "more than"},
		{"too many entries", zipped(t, tarOf(t, many...)), false, true, "more than 6 entries"},
		{"tar that ends early", large[:10_000], false, true, "tar"},
		{"tar that breaks off", zipped(t, broken), false, true, "tar"},
		{"gzip that ends early", whole[:len(whole)-5000], true, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := e.Layer(t.Context(), bytes.NewReader(c.blob), nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Packages) != 1 || len(r.Malware) != 1 {
				t.Errorf("packages %+v, malware %+v", r.Packages, r.Malware)
			}
			if (r.Cut != "") != c.cut || (r.DiffID == "") != c.cut || (r.Digest != "") != c.digest {
				t.Errorf("cut %q, diffID %q, digest %q", r.Cut, r.DiffID, r.Digest)
			}
			if c.digest && r.Digest != fmt.Sprintf("sha256:%x", sha256.Sum256(c.blob)) {
				t.Errorf("digest %s is not that of the blob", r.Digest)
			}
			for _, v := range r.Coverage {
				if whole := c.name == "a file of zeros"; whole != (v.State == landwaiter.Scanned) ||
					!whole && !strings.HasPrefix(v.Reason, "not looked at after the first ") || !strings.Contains(v.Reason, c.reason) {
					t.Errorf("coverage %+v", v)
				}
			}
		})
	}
	for name, b := range map[string][]byte{
		"no tar": []byte(strings.Repeat("plain text ", 100)), "gzip of nothing that ends early": whole[:15],
	} {
		if r, err := e.Layer(t.Context(), bytes.NewReader(b), nil); landwaiter.KindOf(err) != landwaiter.Corrupt {
			t.Errorf("%s: %v %+v", name, err, r)
		}
	}
}

// TestUnavailableIsNoCut: a source that fails may work the next time.
func TestUnavailableIsNoCut(t *testing.T) {
	blob := tarOf(t, file{name: "a", content: strings.Repeat("x", 1<<20)})
	src := io.MultiReader(bytes.NewReader(blob[:500_000]), iotest.ErrReader(errors.New("reset")))
	if r, err := newEngine(t, Options{}).Layer(t.Context(), src, nil); landwaiter.KindOf(err) != landwaiter.Unavailable {
		t.Errorf("%v %+v", err, r)
	}
}

// TestBudget: text that packs to nothing is looked into up to a limit. Beyond it,
// files are told, hashes of malware still apply, and the digest is known.
func TestBudget(t *testing.T) {
	files := []file{{name: "first", content: "token: ghp_" + "a8Kq2LmN4pRs6TuV8wXy0zAb1CdE3fGh5JkL\n"}}
	for i := range 40 {
		files = append(files, file{name: fmt.Sprint("cheap", i), content: strings.Repeat("a", 1<<20)})
	}
	files = append(files, file{name: "eicar.com",
		content: `X5O!P%@AP[4\PZX54(P^)7CC)7}$` + `EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`})
	blob := zipped(t, tarOf(t, files...))
	e := newEngine(t, Options{})
	for free, partial := range map[int64]bool{freeBytes: false, 8 << 20: true} {
		e.free = free
		r, err := e.Layer(t.Context(), bytes.NewReader(blob), nil)
		if err != nil || r.DiffID == "" || len(r.Malware) != 1 || len(r.Risks) != 1 {
			t.Fatalf("%v %+v", err, r)
		}
		for _, c := range r.Coverage {
			told := c.State == landwaiter.Partial && strings.Contains(c.Reason, "more")
			if told != (partial && c.Analyser == landwaiter.AnalyserSecrets) {
				t.Errorf("free %d: %+v", free, c)
			}
		}
	}
}

func zipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := newEngine(t, Options{}).Layer(ctx, bytes.NewReader(tarOf(t, file{name: "a", content: "b"})), nil)
	if !errors.Is(err, context.Canceled) || landwaiter.KindOf(err) != landwaiter.Unavailable {
		t.Errorf("%v", err)
	}
}

// TestLargeFilesAreSpooled puts a Go binary's worth of bytes through the
// temporary file, twice, and looks for what is left behind.
func TestLargeFilesAreSpooled(t *testing.T) {
	spool := t.TempDir()
	jar := emptyZip() // at the end of what looks like a self-extracting archive
	big := strings.Repeat("\x00", maxBuffer) + jar
	sum := sha256.Sum256([]byte(big))
	list := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(list, []byte(hex.EncodeToString(sum[:])+" Big.Bad\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, Options{Spool: spool, HashLists: []string{list}})
	blob := tarOf(t, file{name: "lib/commons-io-2.7.jar", content: big}, file{name: "lib/b-1.0.jar", content: big},
		file{name: "after", content: "x"})
	r := analyse(t, e, blob)
	var names []string
	for _, p := range r.Packages {
		names = append(names, p.Name+"@"+p.Version)
	}
	if d := cmp.Diff([]string{"commons-io:commons-io@2.7", "b:b@1.0"}, names); d != "" {
		t.Error(d, r.Coverage)
	}
	if len(r.Malware) != 2 || r.Malware[0].Name != "Big.Bad" || r.Malware[0].Size != int64(len(big)) {
		t.Errorf("%+v", r.Malware)
	}
	if left, err := os.ReadDir(spool); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func emptyZip() string { return "PK\x05\x06" + strings.Repeat("\x00", 18) + strings.Repeat("\x00", 16) }

func TestFileAboveItsLimitIsCoverage(t *testing.T) {
	limit := packages.FormatOf("package-lock.json").Max()
	blob := tarOf(t, file{name: "package-lock.json", content: strings.Repeat(" ", int(limit)+1)})
	r := analyse(t, newEngine(t, Options{}), blob)
	for _, c := range r.Coverage {
		big := c.Analyser == landwaiter.AnalyserPackages || c.Analyser == landwaiter.AnalyserSecrets
		if (c.State == landwaiter.Partial) != big {
			t.Errorf("%+v", c)
		}
	}
}

func TestTooManyRisks(t *testing.T) {
	var files []file
	for i := range analysis.MaxFindings + 50 {
		files = append(files, file{name: fmt.Sprint("f", i), mode: 0o666})
	}
	r := analyse(t, newEngine(t, Options{}), tarOf(t, files...), landwaiter.AnalyserFiles)
	if len(r.Risks) != analysis.MaxFindings || r.Coverage[0].State != landwaiter.Partial {
		t.Errorf("%d risks, %+v", len(r.Risks), r.Coverage)
	}
}

func TestTooMuchMalware(t *testing.T) {
	var files []file
	for i := range analysis.MaxFindings + 50 {
		files = append(files, file{name: fmt.Sprint("f", i), content: eicar()})
	}
	r := analyse(t, newEngine(t, Options{}), tarOf(t, files...), landwaiter.AnalyserMalware)
	if len(r.Malware) != analysis.MaxFindings || r.Coverage[0].State != landwaiter.Partial {
		t.Errorf("%d findings, %+v", len(r.Malware), r.Coverage)
	}
}

func TestDatabaseBehindLink(t *testing.T) {
	r := analyse(t, newEngine(t, Options{}), tarOf(t,
		file{name: "var/lib/dpkg/status", typ: tar.TypeSymlink, link: "../../../opt/status"},
		file{name: "lib/apk/db/installed", typ: tar.TypeSymlink, link: "/usr/lib/apk/db/installed"},
		file{name: "etc/os-release", typ: tar.TypeSymlink, link: "../usr/lib/os-release"},
		file{name: "usr/lib/os-release", typ: tar.TypeSymlink, link: "os.release.d/os-release-container"},
		file{name: "usr/lib/os.release.d/os-release-container", content: "ID=fedora\nVERSION_ID=40\n"},
	), landwaiter.AnalyserPackages)
	const want = `var/lib/dpkg/status: package database is a link to "opt/status", which was not read`
	if got := r.Coverage[0].Reason; got != want {
		t.Error(got)
	}
	if r.OS.String() != "fedora:40" || r.OSPath != "usr/lib/os.release.d/os-release-container" {
		t.Errorf("%v %s", r.OS, r.OSPath)
	}
}

func TestConcurrentUse(t *testing.T) {
	e := newEngine(t, Options{})
	blob := tarOf(t, file{name: "var/lib/dpkg/status", content: dpkgStatus}, file{name: "e", content: eicar()})
	want := analyse(t, e, blob)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			r, err := e.Layer(context.Background(), bytes.NewReader(blob), nil)
			if err != nil || !cmp.Equal(want, r) {
				t.Errorf("%v\n%s", err, cmp.Diff(want, r))
			}
		})
	}
	wg.Wait()
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(Options{Spool: filepath.Join(t.TempDir(), "none")}); landwaiter.KindOf(err) != landwaiter.Invalid {
		t.Error(err)
	}
	_, err := New(Options{HashLists: []string{filepath.Join(t.TempDir(), "none")}})
	if landwaiter.KindOf(err) != landwaiter.NotFound {
		t.Error(err)
	}
}

func TestAnalysersAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range newEngine(t, Options{}).Analysers() {
		if a.Name == "" || seen[a.Name] || a.Version == "" || a.Kind == 0 {
			t.Errorf("%+v", a)
		}
		seen[a.Name] = true
	}
	if len(seen) != len(makers) {
		t.Errorf("%d analysers", len(seen))
	}
}

func FuzzLayer(f *testing.F) {
	f.Add(tarOf(f, file{name: "var/lib/dpkg/status", content: dpkgStatus}, file{name: "etc/os-release", content: "ID=x"}))
	f.Add(tarOf(f, file{name: "a.jar", content: emptyZip()}, file{name: "lib/apk/db/installed", content: "P:a\nV:1\n\n"}))
	f.Add(tarOf(f, file{name: "x", content: "\x7fELF" + strings.Repeat("\xff Go buildinf:", 10)},
		file{name: "pnpm-lock.yaml", content: "lockfileVersion: 9\n"}))
	e := newEngine(f, Options{})
	f.Fuzz(func(t *testing.T, blob []byte) {
		r, err := e.Layer(context.Background(), bytes.NewReader(blob), nil)
		if err != nil {
			if landwaiter.KindOf(err) == landwaiter.Internal {
				t.Fatal(err)
			}
			return
		}
		for _, c := range r.Coverage {
			if strings.Contains(c.Reason, "panicked") {
				t.Log(c.Reason)
			}
		}
	})
}

// TestSecondNames: what is found in a file is found under each of its names, each
// with its own path, so that deleting one hides nothing.
func TestSecondNames(t *testing.T) {
	e := newEngine(t, Options{})
	rep := analyse(t, e, tarOf(t,
		file{name: "a/eicar.com", content: eicar()}, file{name: "b/other", typ: tar.TypeLink, link: "a/eicar.com"},
		file{name: "a/odd", content: "x", mode: 0o4755}, file{name: "b/odd", typ: tar.TypeLink, link: "a/odd"},
		file{name: "c/third", typ: tar.TypeLink, link: "b/other"},
		file{name: "node_modules/a/package.json", content: `{"name":"a","version":"1"}`},
		file{name: "node_modules/b/package.json", typ: tar.TypeLink, link: "node_modules/a/package.json"},
	))
	var got []string
	for _, m := range rep.Malware {
		got = append(got, m.Path)
	}
	for _, r := range rep.Risks {
		got = append(got, r.Path)
	}
	for _, p := range rep.Packages {
		got = append(got, p.Path)
	}
	want := []string{
		"a/eicar.com", "b/other", "c/third", "a/odd", "b/odd",
		"node_modules/a/package.json", "node_modules/b/package.json",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
