package feed_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/feed"
	"github.com/landwaiter/landwaiter/scan"
)

// TestImportGoesOnAfterDamage: a damaged dump costs the import nothing else, and its ecosystem nothing that it had.
func TestImportGoesOnAfterDamage(t *testing.T) {
	s := newStore(t)
	id := putImage(t, s)
	dir := t.TempDir()
	put := func(name string, content []byte) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	good := zipped(t, map[string]string{"GHSA-1": record("GHSA-1", "1.5.0")})
	put("npm/all.zip", good)
	if _, err := feed.Import(t.Context(), s, scan.Matcher, []string{dir}, nil); err != nil {
		t.Fatal(err)
	}
	put("npm/all.zip", good[:len(good)/2])
	put("Alpine/all.zip", []byte("not a zip"))
	put("zzz/all.zip", zipped(t, map[string]string{"ZZZ-1": strings.ReplaceAll(record("ZZZ-1", "2.0.0"), "npm", "zzz")}))
	res, err := feed.Import(t.Context(), s, scan.Matcher, []string{dir}, nil)
	if landwaiter.KindOf(err) != landwaiter.Corrupt || res.Changed != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
	for _, name := range []string{"npm/all.zip", "Alpine/all.zip"} {
		if !strings.Contains(err.Error(), filepath.FromSlash(name)) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
	if v := findings(t, s, id); len(v) != 1 || v[0].Fixed != "1.5.0" {
		t.Errorf("the last good data of npm: %+v", v)
	}
	parts, err := s.Advisories().Parts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	records, errors := map[string]int{}, map[string]bool{}
	for _, p := range parts {
		records[p.Ecosystem], errors[p.Ecosystem] = p.Records, p.Error != ""
	}
	if records["npm"] != 1 || !errors["npm"] || records["zzz"] != 1 || errors["zzz"] || !errors["Alpine"] {
		t.Errorf("parts %+v", parts)
	}

	// What was mended is taken, and nothing is wrong any more.
	put("npm/all.zip", zipped(t, map[string]string{"GHSA-1": record("GHSA-1", "1.6.0")}))
	if res, err = feed.Import(t.Context(), s, scan.Matcher, []string{filepath.Join(dir, "npm")}, nil); err != nil ||
		res.Changed != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
}

// TestImportsAtOnce: several imports of the same files end with the same data.
func TestImportsAtOnce(t *testing.T) {
	s := newStore(t)
	id := putImage(t, s)
	dir := t.TempDir()
	path := filepath.Join(dir, "GHSA-1.json")
	if err := os.WriteFile(path, []byte(record("GHSA-1", "1.5.0")), 0o600); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := feed.Import(t.Context(), s, scan.Matcher, []string{path}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if v := findings(t, s, id); len(v) != 1 {
		t.Errorf("findings %+v", v)
	}
}
