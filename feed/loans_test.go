package feed_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/feed"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/store"
)

// A distribution's record says neither how grave a flaw is nor of which kind;
// a record of a language's package does, and the finding follows it.
func TestImportLends(t *testing.T) {
	s := newStore(t)
	img := landwaiter.Image{ID: "sha256:1"}
	if err := s.Images().Put(t.Context(), img, store.Place{}); err != nil {
		t.Fatal(err)
	}
	rep := &landwaiter.Report{Image: img, Kinds: landwaiter.ScanVul, Packages: []landwaiter.ImagePackage{
		{
			Package: landwaiter.Package{
				Type:       "deb",
				Ecosystem:  "Debian:12",
				Name:       "libleft1",
				SourceName: "left",
				Version:    "1.0-1",
				Path:       "p",
			},
		},
	}}
	if err := s.Reports().Commit(t.Context(), rep, scan.Matcher, nil); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ghsa := func(cwe, availability string) string {
		return `{"id":"GHSA-1","modified":"2026-01-02T00:00:00Z","aliases":["CVE-2099-1"],
			"database_specific":{"cwe_ids":["` + cwe + `"]},
			"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:` + availability + `"}],
			"affected":[{"package":{"ecosystem":"npm","name":"left"},
			"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}]}`
	}
	for _, step := range []struct {
		name, id, record string
		severity         landwaiter.Severity
		category         string
	}{
		{"the distribution's alone", "DEBIAN-CVE-2099-1", `{"id":"DEBIAN-CVE-2099-1","modified":"2026-01-02T00:00:00Z",
			"upstream":["CVE-2099-1"],
			"affected":[{"package":{"ecosystem":"Debian:12","name":"left"},
			"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}`, landwaiter.Unknown, ""},
		{"a lender", "GHSA-1", ghsa("CWE-787", "H"), landwaiter.High, "OUT_OF_BOUNDS_WRITE"},
		{"it changes", "GHSA-1", ghsa("CWE-362", "L"), landwaiter.Medium, "RACE_CONDITION"},
		{"it is withdrawn", "GHSA-1", `{"withdrawn":"2026-01-03T00:00:00Z",` + ghsa("CWE-362", "L")[1:], landwaiter.Unknown,
			""},
	} {
		path := filepath.Join(dir, step.id+".json")
		if err := os.WriteFile(path, []byte(step.record), 0o600); err != nil {
			t.Fatal(err)
		}
		res, err := feed.Import(t.Context(), s, scan.Matcher, []string{path}, nil)
		if err != nil || res.Rematched != 1 {
			t.Fatalf("%s: %+v, %v", step.name, res, err)
		}
		v := findings(t, s, img.ID)
		if len(v) != 1 || v[0].Advisory != "DEBIAN-CVE-2099-1" || v[0].Severity != step.severity ||
			v[0].Category != step.category {
			t.Errorf("%s: %+v", step.name, v)
		}
	}
}
