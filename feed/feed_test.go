package feed_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/feed"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/store"
)

func newStore(t *testing.T) *store.DB {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// record is an OSV record on npm's left, fixed in a version.
func record(id, fixed string) string {
	return fmt.Sprintf(
		`{"id":%q,"modified":"2026-01-02T00:00:00Z","aliases":["CVE-2099-1"],`+
			`"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],`+
			`"affected":[{"package":{"ecosystem":"npm","name":"left"},"ranges":[`+
			`{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":%q}]}]}]}`,
		id,
		fixed,
	)
}

func zipped(t *testing.T, records map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for id, r := range records {
		w, err := z.Create(id + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(r)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// putImage stores an image with left 1.0.0 in it.
func putImage(t *testing.T, s *store.DB) string {
	t.Helper()
	img := landwaiter.Image{ID: "sha256:" + strings.Repeat("a", 64)}
	if err := s.Images().Put(t.Context(), img, store.Place{}); err != nil {
		t.Fatal(err)
	}
	rep := &landwaiter.Report{Image: img, Kinds: landwaiter.ScanVul, Packages: []landwaiter.ImagePackage{
		{Package: landwaiter.Package{Type: "npm", Ecosystem: "npm", Name: "left", Version: "1.0.0", Path: "p"}},
	}}
	if err := s.Reports().Commit(t.Context(), rep, scan.Matcher, nil); err != nil {
		t.Fatal(err)
	}
	return img.ID
}

func findings(t *testing.T, s *store.DB, id string) []landwaiter.ImageVulnerability {
	t.Helper()
	rep, err := s.Reports().Get(t.Context(), id, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rep.Vulnerabilities
}

func TestImportReachesStoredImages(t *testing.T) {
	s := newStore(t)
	id := putImage(t, s)
	dir := t.TempDir()
	put := func(name, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("npm/all.zip", string(zipped(t, map[string]string{"GHSA-1": record("GHSA-1", "1.5.0"), "GHSA-bad": "{"})))
	put("known_exploited_vulnerabilities.json",
		`{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2099-1","dateAdded":"2026-01-01"}]}`)
	res, err := feed.Import(t.Context(), s, scan.Matcher, []string{dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.Records != 2 || res.Changed != 1 || res.Skipped != 1 || res.Enrichments != 1 || res.Rematched == 0 {
		t.Fatalf("first import: %+v", res)
	}
	v := findings(t, s, id)
	if len(v) != 1 || v[0].ID != "CVE-2099-1" || v[0].Fixed != "1.5.0" || !v[0].KEV ||
		v[0].Severity != landwaiter.Critical {
		t.Fatalf("findings: %+v", v)
	}
	parts, err := s.Advisories().Parts(t.Context())
	if err != nil || len(parts) != 1 || parts[0].Ecosystem != "npm" || parts[0].Records != 1 || parts[0].Newest.IsZero() {
		t.Fatalf("parts: %+v, %v", parts, err)
	}

	res, err = feed.Import(t.Context(), s, scan.Matcher, []string{filepath.Join(dir, "npm")}, nil)
	if err != nil || res.Changed != 0 || res.Rematched != 0 {
		t.Fatalf("second import of the same: %+v, %v", res, err)
	}

	if res.Unchanged != 1 || res.Records != 0 {
		t.Fatalf("the dump was read again: %+v", res)
	}

	// After an import that failed before the re-match, the next import re-matches.
	if _, err := s.SQL().Exec("INSERT INTO setting (name, value) VALUES ('rematch_pending', '1')"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} {
		if res, err = feed.Import(t.Context(), s, scan.Matcher, []string{filepath.Join(dir, "npm")}, nil); err != nil ||
			res.Rematched != want {
			t.Fatalf("after a crash: %+v, %v; want %d judged", res, err, want)
		}
	}

	// So is one that judged by other rules.
	if _, err := s.SQL().Exec("UPDATE setting SET value = 'old' WHERE name = 'rules'"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{1, 0} {
		if res, err = feed.Import(t.Context(), s, scan.Matcher, []string{filepath.Join(dir, "npm")}, nil); err != nil ||
			res.Rematched != want {
			t.Fatalf("after a change of rules: %+v, %v; want %d judged", res, err, want)
		}
	}

	// The fix turns out to be older: the image is not affected any more.
	put("GHSA-1.json", record("GHSA-1", "0.9.0"))
	res, err = feed.Import(t.Context(), s, scan.Matcher, []string{filepath.Join(dir, "GHSA-1.json")}, nil)
	if err != nil || res.Changed != 1 || res.Rematched != 1 {
		t.Fatalf("a changed record: %+v, %v", res, err)
	}
	if v := findings(t, s, id); len(v) != 0 {
		t.Fatalf("findings after the change: %+v", v)
	}
}

// mirror is a bucket of one ecosystem.
type mirror struct {
	mu    sync.Mutex
	files map[string][]byte
	at    time.Time
}

func (m *mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	http.ServeContent(w, r, r.URL.Path, m.at, bytes.NewReader(b))
}

func TestUpdate(t *testing.T) {
	s := newStore(t)
	id := putImage(t, s)
	m := &mirror{at: time.Now().Add(-time.Hour), files: map[string][]byte{
		"/ecosystems.txt": []byte("npm\nGone\n"),
		"/npm/all.zip":    zipped(t, map[string]string{"GHSA-1": record("GHSA-1", "1.5.0")}),
	}}
	server := httptest.NewServer(m)
	defer server.Close()
	opts := feed.UpdateOptions{Mirror: server.URL, Spool: t.TempDir()}

	_, err := feed.Update(t.Context(), s, scan.Matcher, opts)
	if err == nil || !strings.Contains(err.Error(), "1 of 2 ecosystems") {
		t.Fatalf("an ecosystem that the mirror lacks: %v", err)
	}
	if v := findings(t, s, id); len(v) != 1 || v[0].Fixed != "1.5.0" {
		t.Fatalf("the others must be updated all the same: %+v", v)
	}

	// A change comes as one record; no dump is fetched.
	m.mu.Lock()
	delete(m.files, "/npm/all.zip")
	m.files["/npm/modified_id.csv"] = []byte(
		time.Now().UTC().Format(time.RFC3339) + ",GHSA-1\n2020-01-01T00:00:00Z,GHSA-0\n")
	m.files["/npm/GHSA-1.json"] = []byte(record("GHSA-1", "1.6.0"))
	m.mu.Unlock()
	opts.Ecosystems = []string{"npm"}
	res, err := feed.Update(t.Context(), s, scan.Matcher, opts)
	if err != nil || res.Records != 1 || res.Changed != 1 {
		t.Fatalf("delta: %+v, %v", res, err)
	}
	if v := findings(t, s, id); len(v) != 1 || v[0].Fixed != "1.6.0" {
		t.Fatalf("after the delta: %+v", v)
	}

	// A mirror that fails changes only the recorded error.
	m.mu.Lock()
	m.files = nil
	m.mu.Unlock()
	if _, err := feed.Update(t.Context(), s, scan.Matcher, opts); err == nil {
		t.Fatal("an empty mirror was no error")
	}
	parts, err := s.Advisories().Parts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		if p.Ecosystem == "npm" && (p.Records != 1 || p.Error == "") {
			t.Fatalf("npm after a failed update: %+v", p)
		}
	}
	if len(findings(t, s, id)) != 1 {
		t.Fatal("a failed update lost findings")
	}
}
