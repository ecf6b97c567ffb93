package landwaiter

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUpgrades(t *testing.T) {
	finding := func(pkg, fixed, upgrade string, s Severity) ImageVulnerability {
		return ImageVulnerability{Vulnerability: Vulnerability{Type: "deb", Package: pkg, Version: "1", Fixed: fixed,
			Upgrade: upgrade, Severity: s}}
	}
	r := &Report{Vulnerabilities: []ImageVulnerability{
		finding("b", "2", "3", Medium), finding("b", "3", "3", High), finding("b", "", "", Critical),
		finding("a", "2", "2", High), finding("c", "2", "", High), finding("none", "", "", Critical),
	}}
	want := []Upgrade{
		{Type: "deb", Package: "b", Version: "1", To: "3", Closes: 2, Open: 1, Worst: High},
		{Type: "deb", Package: "a", Version: "1", To: "2", Closes: 1, Worst: High},
		{Type: "deb", Package: "c", Version: "1", Closes: 1, Worst: High},
	}
	if d := cmp.Diff(want, r.Upgrades()); d != "" {
		t.Error(d)
	}
}
