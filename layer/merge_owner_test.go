package layer_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
)

// TestMergeOwners checks that the owner of a package is the distribution package
// that installed its file, as long as the owner is in the image and the file is
// unchanged.
func TestMergeOwners(t *testing.T) {
	const file = "usr/bin/tool"
	database := imagetest.Text("var/lib/dpkg/status", "")
	rpms := imagetest.Text("var/lib/rpm/rpmdb.sqlite", "")
	rpm := func(version string) landwaiter.Package {
		return landwaiter.Package{Type: "rpm", Name: "tool", Version: version, Path: rpms.Path}
	}
	lib := func(version, owner string) landwaiter.Package {
		return landwaiter.Package{Type: "golang", Name: "stdlib", Version: version, Path: file, Owner: owner}
	}
	layerOf := func(id string, files []imagetest.File, pkgs ...landwaiter.Package) *landwaiter.LayerReport {
		return report(t, id, files, func(r *landwaiter.LayerReport) { r.Packages = pkgs })
	}
	tool := imagetest.Text(file, "")
	base := layerOf("0", []imagetest.File{database, tool}, deb("tool", "1"), lib("1.19", "tool"))
	baseRPM := layerOf("0", []imagetest.File{rpms, tool}, rpm("1"), lib("1.19", "tool"))
	for _, c := range []struct {
		name   string
		layers []*landwaiter.LayerReport
		want   []string
	}{
		{"one layer", []*landwaiter.LayerReport{base}, []string{"1.19 tool"}},
		{"database rewritten", []*landwaiter.LayerReport{base,
			layerOf("1", []imagetest.File{database}, deb("tool", "1"), deb("other", "1"))}, []string{"1.19 tool"}},
		{"owner upgraded", []*landwaiter.LayerReport{base,
			layerOf("1", []imagetest.File{database, tool}, deb("tool", "2"), lib("1.20", "tool"))},
			[]string{"1.20 tool"}},
		{"owner purged, file kept", []*landwaiter.LayerReport{base,
			layerOf("1", []imagetest.File{database}, deb("other", "1"))}, []string{"1.19 "}},
		{"file copied up", []*landwaiter.LayerReport{base, layerOf("1", []imagetest.File{tool}, lib("1.19", ""))},
			[]string{"1.19 tool"}},
		{"file replaced", []*landwaiter.LayerReport{base, layerOf("1", []imagetest.File{tool}, lib("1.26", ""))},
			[]string{"1.26 "}},
		{"file replaced, rpm still lists it", []*landwaiter.LayerReport{baseRPM,
			layerOf("1", []imagetest.File{rpms, tool}, rpm("1"), lib("1.26", "tool"))}, []string{"1.26 "}},
		{"rpm upgraded", []*landwaiter.LayerReport{baseRPM,
			layerOf("1", []imagetest.File{rpms, tool}, rpm("2"), lib("1.26", "tool"))}, []string{"1.26 tool"}},
		{"file deleted and put back", []*landwaiter.LayerReport{base,
			layerOf("1", []imagetest.File{imagetest.Whiteout(file)}),
			layerOf("2", []imagetest.File{tool}, lib("1.19", ""))}, []string{"1.19 "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, p := range merged(t, c.layers).Packages {
				if p.Type == "golang" {
					got = append(got, p.Version+" "+p.Owner)
				} else if p.Owner != "" {
					t.Errorf("%s is owned by %s", p.Name, p.Owner)
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
