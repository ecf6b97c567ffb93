package feed_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/landwaiter/landwaiter/feed"
	"github.com/landwaiter/landwaiter/scan"
)

func TestImportTellsChanges(t *testing.T) {
	s := newStore(t)
	id := putImage(t, s)
	dir := t.TempDir()
	path := filepath.Join(dir, "GHSA-1.json")
	for _, step := range []struct {
		name, fixed    string
		added, removed int
	}{
		{"a flaw comes", "1.5.0", 1, 0},
		{"its fix changes", "1.6.0", 0, 0},
		{"the version was fixed all along", "0.9.0", 0, 1},
	} {
		if err := os.WriteFile(path, []byte(record("GHSA-1", step.fixed)), 0o600); err != nil {
			t.Fatal(err)
		}
		res, err := feed.Import(t.Context(), s, scan.Matcher, []string{path}, nil)
		if err != nil {
			t.Fatal(err)
		}
		images, err := s.Verdicts().ChangedImages(t.Context(), res.Changes)
		if err != nil {
			t.Fatal(err)
		}
		added, removed := 0, 0
		for _, img := range images {
			if img.ID != id {
				t.Errorf("%s: image %s", step.name, img.ID)
			}
			added += len(img.Added)
			removed += len(img.Removed)
		}
		if added != step.added || removed != step.removed || len(res.Changes) != added+removed {
			t.Errorf("%s: %d added, %d removed, %+v", step.name, added, removed, res.Changes)
		}
	}
}
