package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

// Each finding names its layer, and the layers the steps that made them.
func TestTableNamesLayers(t *testing.T) {
	r := &landwaiter.Report{Kinds: landwaiter.ScanAll, Base: landwaiter.Base{Layers: 1}}
	r.Layers = []landwaiter.LayerRef{{DiffID: "sha256:a"}, {DiffID: "sha256:b"}, {DiffID: "sha256:c"}}
	r.Config.History = []landwaiter.History{{CreatedBy: "ADD rootfs.tar /"}, {CreatedBy: "RUN useradd app"},
		{CreatedBy: "RUN npm ci"}}
	for _, v := range []landwaiter.Vulnerability{
		{ID: "CVE-1", KEV: true, Exploit: "active"}, {ID: "CVE-2", Exploit: "active"}, {ID: "CVE-3", Exploit: "poc"},
		{ID: "CVE-4", EPSS: 0.35}, {ID: "CVE-5", EPSS: 0.01, Exploit: "none", Severity: landwaiter.Critical},
	} {
		v.Package, v.Version = "left", "1"
		r.Vulnerabilities = append(r.Vulnerabilities, landwaiter.ImageVulnerability{Vulnerability: v, Layer: "sha256:c"})
	}
	r.Malware = []landwaiter.Malware{{Name: "Bad", Path: "bin/x", Layer: "sha256:a"}}
	r.Risks = []landwaiter.Risk{
		{Rule: "setuid-file", Path: "a", Layer: "sha256:a"}, {Rule: "setuid-file", Path: "b", Layer: "sha256:c"},
		{Rule: "setuid-file", Path: "c", Layer: "sha256:c"}, {Rule: "root-user", Message: "root"},
	}
	lines := map[string]bool{}
	for _, line := range strings.Split(render(t, Table, Options{Width: 120}, r), "\n") {
		lines[strings.Join(strings.Fields(line), " ")] = true
	}
	for _, want := range []string{
		"unknown CVE-1 KEV left 1 no fix 3", "unknown CVE-2 exploited left 1 no fix 3",
		"unknown CVE-3 exploit left 1 no fix 3",
		"unknown CVE-4 EPSS 35% left 1 no fix 3", "critical CVE-5 left 1 no fix 3", "unknown Bad 1 base bin/x",
		"unknown root-user root",
		"Layers with findings: 2 of 3", "1 base sha256:a 2 ADD rootfs.tar /", "3 sha256:c 7 RUN npm ci",
	} {
		if !lines[want] {
			t.Errorf("no line %q", want)
		}
	}
	if out := render(t, Table, Options{Width: 120}, r); !strings.Contains(out, "1 base, 3") {
		t.Errorf("the layers of a group of risks:\n%s", out)
	}
}

func TestWrap(t *testing.T) {
	for text, want := range map[string][]string{
		"golang.org/x/crypto":                {"golang.org/", "x/crypto"},
		"0.0.0-20200622213623-75b288015ac9":  {"0.0.0-", "20200622213", "623-75b2880", "15ac9"},
		"a bc def":                           {"a bc def"},
		"two words, then sesquipedalianisms": {"two words,", "then", "sesquipedal", "ianisms"},
		"":                                   {""},
	} {
		if d := cmp.Diff(want, wrap(text, 11)); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	}
}
