package diff_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/diff"
)

func pkg(kind, name, version string) landwaiter.ImagePackage {
	return landwaiter.ImagePackage{Package: landwaiter.Package{Type: kind, Name: name, Version: version}}
}

func vuln(id, name, version string, s landwaiter.Severity) landwaiter.ImageVulnerability {
	return landwaiter.ImageVulnerability{Vulnerability: landwaiter.Vulnerability{ID: id, Type: "deb", Package: name,
		Version: version, Severity: s}}
}

func ids(list []landwaiter.ImageVulnerability) []string {
	var out []string
	for _, v := range list {
		out = append(out, v.ID+" "+v.Package+" "+v.Version)
	}
	return out
}

func TestReports(t *testing.T) {
	a := &landwaiter.Report{Kinds: landwaiter.ScanAll, Packages: []landwaiter.ImagePackage{
		pkg("deb", "bash", "1"), pkg("deb", "openssl", "3.0"), pkg("deb", "gone", "1"), pkg("npm", "left", "1"),
		pkg("npm", "left", "2"),
	}}
	a.Layers = []landwaiter.LayerRef{{DiffID: "x"}, {DiffID: "y"}}
	a.Vulnerabilities = []landwaiter.ImageVulnerability{
		vuln("CVE-1", "openssl", "3.0", landwaiter.High), vuln("CVE-2", "openssl", "3.0", landwaiter.Low),
		vuln("CVE-2", "openssl", "2.9", landwaiter.Low),
	}
	a.Risks = []landwaiter.Risk{{Rule: "private-key", Path: "k", Line: 1}}
	a.Malware = []landwaiter.Malware{{Name: "E", Path: "old"}}
	b := &landwaiter.Report{Kinds: landwaiter.ScanVul | landwaiter.ScanRisk, Packages: []landwaiter.ImagePackage{
		pkg("deb", "bash", "1"), pkg("deb", "openssl", "3.1"), pkg("npm", "left", "2"), pkg("npm", "left", "3"),
		pkg("pypi", "gone", "1"),
	}}
	b.Layers = []landwaiter.LayerRef{{DiffID: "x"}, {DiffID: "z"}}
	b.Vulnerabilities = []landwaiter.ImageVulnerability{vuln("CVE-2", "openssl", "3.1", landwaiter.Low),
		vuln("CVE-3", "bash", "1", landwaiter.Medium)}
	b.Risks = []landwaiter.Risk{{Rule: "private-key", Path: "k", Line: 9}}
	b.Malware = []landwaiter.Malware{{Name: "E", Path: "new", Severity: landwaiter.Critical}}

	r := diff.Reports(a, b)
	want := diff.Packages{
		Added:   []diff.Change{{Type: "pypi", Name: "gone", To: []string{"1"}}},
		Removed: []diff.Change{{Type: "deb", Name: "gone", From: []string{"1"}}},
		Changed: []diff.Change{
			{Type: "npm", Name: "left", From: []string{"1", "2"}, To: []string{"2", "3"}},
			{Type: "deb", Name: "openssl", From: []string{"3.0"}, To: []string{"3.1"}},
		},
		Same: 2,
	}
	if d := cmp.Diff(want, r.Packages, cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
	v := r.Vulnerabilities
	if d := cmp.Diff([][]string{{"CVE-1 openssl 3.0"}, {"CVE-3 bash 1"}, {"CVE-2 openssl 3.1"}},
		[][]string{ids(v.Fixed), ids(v.New), ids(v.Remaining)}); d != "" {
		t.Error(d)
	}
	if len(r.Risks.New)+len(r.Risks.Fixed) != 0 || len(r.Risks.Remaining) != 1 {
		t.Errorf("a risk that moved by some lines: %+v", r.Risks)
	}
	if len(r.Malware.New)+len(r.Malware.Fixed) != 0 {
		t.Errorf("a kind that one scan did not look for: %+v", r.Malware)
	}
	if r.SharedLayers != 1 || r.Worst() != landwaiter.Medium || r.NewFindings() != 1 {
		t.Errorf("layers %d, worst %v, new findings %d", r.SharedLayers, r.Worst(), r.NewFindings())
	}
}

// A finding that is suppressed in one of the images is neither fixed nor new.
func TestSuppressed(t *testing.T) {
	suppressed := func(v landwaiter.ImageVulnerability) []landwaiter.SuppressedVulnerability {
		return []landwaiter.SuppressedVulnerability{{ImageVulnerability: v,
			By: landwaiter.Suppression{Reason: "unused"}}}
	}
	one, two := vuln("CVE-1", "bash", "1", landwaiter.High), vuln("CVE-2", "bash", "1", landwaiter.High)
	a := &landwaiter.Report{Kinds: landwaiter.ScanVul, Vulnerabilities: []landwaiter.ImageVulnerability{one},
		Suppressed: suppressed(two)}
	b := &landwaiter.Report{Kinds: landwaiter.ScanVul, Vulnerabilities: []landwaiter.ImageVulnerability{two},
		Suppressed: suppressed(one)}
	r := diff.Reports(a, b)
	v := r.Vulnerabilities
	if len(v.Fixed) != 0 || len(v.New) != 0 || r.NewFindings() != 0 || len(v.Remaining) != 1 ||
		v.Remaining[0].ID != "CVE-2" {
		t.Errorf("%+v", v)
	}
	if len(r.Suppressed) != 1 || r.Suppressed[0].ID != "CVE-1" || r.Suppressed[0].By.Reason != "unused" {
		t.Errorf("%+v", r.Suppressed)
	}
}

// With the images swapped, added packages are removed ones. An image does not
// differ from itself.
func TestSymmetry(t *testing.T) {
	report := rapid.Custom(func(t *rapid.T) *landwaiter.Report {
		r := &landwaiter.Report{Kinds: landwaiter.ScanAll}
		letters := rapid.SampledFrom([]string{"a", "b", "c"})
		for range rapid.IntRange(0, 6).Draw(t, "packages") {
			r.Packages = append(r.Packages, pkg("deb", letters.Draw(t, "name"), letters.Draw(t, "version")))
			r.Vulnerabilities = append(r.Vulnerabilities,
				vuln(letters.Draw(t, "id"), letters.Draw(t, "in"), "1", landwaiter.Low))
		}
		return r
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := report.Draw(t, "a"), report.Draw(t, "b")
		there, back := diff.Reports(a, b), diff.Reports(b, a)
		if len(there.Packages.Added) != len(back.Packages.Removed) ||
			len(there.Packages.Changed) != len(back.Packages.Changed) || there.Packages.Same != back.Packages.Same {
			t.Errorf("packages: %+v, back %+v", there.Packages, back.Packages)
		}
		fixed, added := ids(there.Vulnerabilities.Fixed), ids(back.Vulnerabilities.New)
		if d := cmp.Diff(fixed, added); d != "" {
			t.Error(d)
		}
		self := diff.Reports(a, a)
		if self.NewFindings() != 0 ||
			len(self.Vulnerabilities.Fixed)+len(self.Packages.Added)+len(self.Packages.Removed) != 0 ||
			len(self.Packages.Changed) != 0 {
			t.Errorf("an image against itself: %+v", self)
		}
	})
}
