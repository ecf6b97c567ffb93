package layer_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/layer"
)

// report returns the report of a layer with these files; edit adds facts.
func report(
	t *testing.T, id string, files []imagetest.File, edit func(*landwaiter.LayerReport),
) *landwaiter.LayerReport {
	t.Helper()
	r := &landwaiter.LayerReport{DiffID: id, Index: indexOf(t, files)}
	if edit != nil {
		edit(r)
	}
	return r
}

func deb(name, version string) landwaiter.Package {
	return landwaiter.Package{Type: "deb", Name: name, Version: version, Arch: "amd64", Path: "var/lib/dpkg/status"}
}

func TestMergeAttributesPackages(t *testing.T) {
	status := imagetest.Text("var/lib/dpkg/status", "")
	lists := func(packages ...landwaiter.Package) func(*landwaiter.LayerReport) {
		return func(r *landwaiter.LayerReport) { r.Packages = packages }
	}
	withStatus := []imagetest.File{status}
	bash, curl1, curl2 := deb("bash", "5"), deb("curl", "1"), deb("curl", "2")
	for _, c := range []struct {
		name            string
		layers          []*landwaiter.LayerReport
		present, hidden []string // "name version layer"
	}{
		{"a rewritten database keeps its packages",
			[]*landwaiter.LayerReport{report(t, "0", withStatus, lists(bash, curl1)),
				report(t, "1", withStatus, lists(bash, curl2))},
			[]string{"bash 5 0", "curl 2 1"}, []string{"curl 1 0"}},
		{"a layer without it changes nothing",
			[]*landwaiter.LayerReport{report(t, "0", withStatus, lists(bash)), report(t, "1", nil, nil),
				report(t, "2", withStatus, lists(bash))},
			[]string{"bash 5 0"}, nil},
		{"a version that comes back is new",
			[]*landwaiter.LayerReport{report(t, "0", withStatus, lists(curl1)),
				report(t, "1", withStatus, lists(curl2)), report(t, "2", withStatus, lists(curl1))},
			[]string{"curl 1 2"}, []string{"curl 1 0", "curl 2 1"}},
		{"a deletion in between makes it new",
			[]*landwaiter.LayerReport{report(t, "0", withStatus, lists(bash)),
				report(t, "1", []imagetest.File{imagetest.Whiteout("var/lib")}, nil),
				report(t, "2", withStatus, lists(bash))},
			[]string{"bash 5 2"}, []string{"bash 5 0"}},
		{"whiteout and file of one layer: the file is a new version",
			[]*landwaiter.LayerReport{report(t, "0", withStatus, lists(bash)),
				report(t, "1", []imagetest.File{status, imagetest.Whiteout("var/lib/dpkg/status")}, lists(bash))},
			[]string{"bash 5 0"}, nil},
		{"inside an archive that is deleted",
			[]*landwaiter.LayerReport{
				report(t, "0", []imagetest.File{imagetest.Text("app.jar", "")},
					lists(landwaiter.Package{Type: "maven", Name: "a:b", Version: "1", Path: "app.jar/lib/b.jar"})),
				report(t, "1", []imagetest.File{imagetest.Whiteout("app.jar")}, nil)},
			nil, []string{"a:b 1 0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := merged(t, c.layers)
			if d := cmp.Diff(c.present, describe(m.Packages)); d != "" {
				t.Errorf("present (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.hidden, describe(m.HiddenPackages)); d != "" {
				t.Errorf("hidden (-want +got):\n%s", d)
			}
		})
	}
}

func describe(packages []landwaiter.ImagePackage) []string {
	var out []string
	for _, p := range packages {
		out = append(out, p.Name+" "+p.Version+" "+p.Layer)
	}
	return out
}

func TestMergeFindsOS(t *testing.T) {
	const etc, usr = "etc/os-release", "usr/lib/os-release"
	at := func(path, version string) func(*landwaiter.LayerReport) {
		return func(r *landwaiter.LayerReport) {
			r.OS, r.OSPath = landwaiter.OSRelease{ID: "x", Version: version}, path
		}
	}
	file := func(path string) []imagetest.File { return []imagetest.File{imagetest.Text(path, "")} }
	for _, c := range []struct {
		name   string
		layers []*landwaiter.LayerReport
		want   string
	}{
		{"none", []*landwaiter.LayerReport{report(t, "0", nil, nil)}, ""},
		{"the replaced one", []*landwaiter.LayerReport{report(t, "0", file(usr), at(usr, "1")),
			report(t, "1", file(usr), at(usr, "2"))}, "x:2"},
		{"etc before usr", []*landwaiter.LayerReport{report(t, "0", file(etc), at(etc, "1")),
			report(t, "1", file(usr), at(usr, "2"))}, "x:1"},
		{"etc deleted", []*landwaiter.LayerReport{report(t, "0", file(usr), at(usr, "1")),
			report(t, "1", file(etc), at(etc, "2")),
			report(t, "2", []imagetest.File{imagetest.Opaque("etc")}, nil)}, "x:1"},
		{"a distribution's own file", []*landwaiter.LayerReport{report(t, "0", file("etc/redhat-release"),
			at("etc/redhat-release", "9"))}, "x:9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := merged(t, c.layers).OS.String(); got != c.want {
				t.Errorf("OS %q, want %q", got, c.want)
			}
		})
	}
}

func TestMergeSetsStateAndLayer(t *testing.T) {
	m := merged(t, []*landwaiter.LayerReport{
		report(t, "0", []imagetest.File{imagetest.Text("bin/evil", ""), imagetest.Text("key", "")},
			func(r *landwaiter.LayerReport) {
				r.Malware = []landwaiter.Malware{{Path: "bin/evil", Name: "Evil"}}
				r.Risks = []landwaiter.Risk{{Path: "key", Rule: "private-key"}}
			}),
		report(t, "1", []imagetest.File{imagetest.Whiteout("bin")}, nil),
	})
	want := layer.Merged{
		Packages: []landwaiter.ImagePackage{}, HiddenPackages: []landwaiter.ImagePackage{},
		Malware: []landwaiter.Malware{{Path: "bin/evil", Name: "Evil", Layer: "0", State: landwaiter.Hidden}},
		Risks:   []landwaiter.Risk{{Path: "key", Rule: "private-key", Layer: "0", State: landwaiter.Present}},
	}
	if d := cmp.Diff(want, m); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}
