package rpmdb

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFiles(t *testing.T) {
	p := Package{Name: "python3-requests", Version: "2", Release: "1"}
	long := "/" + strings.Repeat("d", maxPath) + "/"
	for _, c := range []struct {
		name        string
		dirs, bases []string
		indexes     []uint32
		want        []string
	}{
		{"none", nil, nil, nil, nil},
		{"two directories", []string{"/usr/bin/", "/usr/lib/x/"}, []string{"a", "METADATA", "b"}, []uint32{0, 1, 0},
			[]string{"/usr/bin/a", "/usr/lib/x/METADATA", "/usr/bin/b"}},
		{"no such directory", []string{"/usr/bin/"}, []string{"a", "b"}, []uint32{0, 7}, []string{"/usr/bin/a"}},
		{"fewer indexes", []string{"/usr/bin/"}, []string{"a", "b"}, []uint32{0}, []string{"/usr/bin/a"}},
		{"longer than a path can be", []string{long, "/"}, []string{"a", "b"}, []uint32{0, 1}, []string{"/b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, db := range containers(t, [][]byte{headerWith(p, 0, c.dirs, c.bases, c.indexes)}) {
				var got []string
				_, err := Read(t.Context(), bytes.NewReader(db), int64(len(db)), func(owner, path string) bool {
					if owner != p.Name {
						t.Errorf("owner %q", owner)
					}
					got = append(got, path)
					return true
				})
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if d := cmp.Diff(c.want, got); d != "" {
					t.Errorf("%s: %s", name, d)
				}
			}
		})
	}
}

func TestFilesEndWhenToldTo(t *testing.T) {
	h := headerWith(Package{Name: "a", Version: "1"}, 0, []string{"/"}, []string{"x", "y"}, []uint32{0, 0})
	db := ndbDB([][]byte{h, h})
	calls := 0
	pkgs, err := Read(t.Context(), bytes.NewReader(db), int64(len(db)),
		func(string, string) bool { calls++; return false })
	if err != nil || len(pkgs) != 2 || calls != 1 {
		t.Errorf("%d packages, %d calls, %v", len(pkgs), calls, err)
	}
}
