package store

import (
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// TestNoDatabase: of each distribution, an image without packages of its kind is
// told, and one with them is not.
func TestNoDatabase(t *testing.T) {
	of := func(kinds ...string) (out []landwaiter.ImagePackage) {
		for _, kind := range kinds {
			out = append(out, landwaiter.ImagePackage{Package: landwaiter.Package{Type: kind, Name: "a", Version: "1"}})
		}
		return out
	}
	for id, d := range databases {
		os := landwaiter.OSRelease{ID: id, Version: "1"}
		got := noDatabase(os, of("npm", "golang"))
		if len(got) != 1 || got[0].State != landwaiter.Partial || !strings.Contains(got[0].Reason, d.name+" database") {
			t.Errorf("%s without packages: %+v", id, got)
		}
		if got := noDatabase(os, of("npm", d.kind)); got != nil {
			t.Errorf("%s with a package: %+v", id, got)
		}
		derived := landwaiter.OSRelease{ID: "derived", IDLike: "other " + id}
		if noDatabase(derived, of("npm")) == nil || noDatabase(derived, of(d.kind)) != nil {
			t.Errorf("a distribution like %s is judged otherwise", id)
		}
	}
	unknown := landwaiter.OSRelease{ID: "unheard-of"}
	if noDatabase(unknown, nil) == nil || noDatabase(unknown, of("nix")) != nil ||
		noDatabase(landwaiter.OSRelease{}, nil) != nil {
		t.Error("an unknown distribution, or none, is judged otherwise")
	}
}
