package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

func TestSuppressed(t *testing.T) {
	finding := landwaiter.ImageVulnerability{Vulnerability: landwaiter.Vulnerability{
		ID: "CVE-1", Package: "left", Version: "1", Fixed: "2", Upgrade: "3", Severity: landwaiter.High,
	}}
	r := &landwaiter.Report{Kinds: landwaiter.ScanVul, Vulnerabilities: []landwaiter.ImageVulnerability{finding}}
	finding.ID = "CVE-2"
	r.Suppressed = []landwaiter.SuppressedVulnerability{{
		ImageVulnerability: finding, By: landwaiter.Suppression{Status: landwaiter.NotAffected, Reason: "unused",
			Source: "list.txt"},
	}}
	for _, c := range []struct {
		format  Format
		all     bool
		want    []string
		without string
	}{
		{Table, false, []string{"Vulnerabilities: 1 (1 high)", "Suppressed: 1 (ask for it)",
			"Upgrades: of 1 package, to close 1 of 1", "1 of 1"}, "CVE-2"},
		{Table, true, []string{"Suppressed: 1", "CVE-2", "not affected: unused (list.txt)"}, "ask for it"},
		{JSON, false, []string{`"upgrade": "3"`, `"closes": 1`, `"id": "CVE-2"`, `"reason": "unused"`}, `"upgrades": null`},
		{CycloneDX, false, []string{`"id": "CVE-2"`, `"detail": "unused (list.txt)"`}, ""},
		{SARIF, false, []string{`"kind": "external"`, `"justification": "not affected: unused (list.txt)"`},
			`"suppressions": null`},
	} {
		var b bytes.Buffer
		if err := Write(&b, c.format, []*landwaiter.Report{r},
			Options{Suppressed: c.all, SuppressedHint: "ask for it"}); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: no %q in\n%s", c.format, want, b.String())
			}
		}
		if c.without != "" && strings.Contains(b.String(), c.without) {
			t.Errorf("%s: %q in\n%s", c.format, c.without, b.String())
		}
	}
}
