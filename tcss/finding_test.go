package tcss

import (
	"slices"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// TestExploitFields has what the API says of a flaw by what is known of it.
func TestExploitFields(t *testing.T) {
	for name, c := range map[string]struct {
		v     landwaiter.Vulnerability
		tags  []string
		level int64
	}{
		"nothing known": {landwaiter.Vulnerability{}, []string{}, 0},
		"fixable, network": {
			landwaiter.Vulnerability{Fixed: "1", CVSSVector: "CVSS:3.1/AV:N/AC:L"}, []string{"CanBeFixed", "NETWORK"}, 0,
		},
		"version 2":          {landwaiter.Vulnerability{CVSSVector: "AV:N/AC:L/Au:N/C:C/I:C/A:C"}, []string{"NETWORK"}, 0},
		"local, environment": {landwaiter.Vulnerability{CVSSVector: "CVSS:3.1/AV:L/AC:L/MAV:N"}, []string{}, 0},
		"no exploit known":   {landwaiter.Vulnerability{Exploit: "none", EPSS: 0.01}, []string{}, 1},
		"likely exploited":   {landwaiter.Vulnerability{Exploit: "none", EPSS: 0.5}, []string{}, 2},
		"public exploit":     {landwaiter.Vulnerability{Exploit: "poc"}, []string{"DynamicLevelPoc"}, 2},
		"exploited": {
			landwaiter.Vulnerability{Exploit: "active"}, []string{"DynamicLevelPoc", "DynamicLevelExp"}, 3,
		},
		"in the KEV catalogue": {landwaiter.Vulnerability{KEV: true}, []string{"DynamicLevelPoc", "DynamicLevelExp"}, 3},
	} {
		w := imagesVul(landwaiter.ImageVulnerability{Vulnerability: c.v})
		if !slices.Equal(w.Tag, c.tags) || w.AttackLevel != c.level {
			t.Errorf("%s: %q %d, want %q %d", name, w.Tag, w.AttackLevel, c.tags, c.level)
		}
		if w.Category != "OTHER" {
			t.Errorf("%s: category %q", name, w.Category)
		}
	}
	race := landwaiter.Vulnerability{Category: "RACE_CONDITION"}
	if w := imagesVul(landwaiter.ImageVulnerability{Vulnerability: race}); w.Category != "RACE_CONDITION" {
		t.Errorf("category %q", w.Category)
	}
}
