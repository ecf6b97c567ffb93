package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/landwaiter/landwaiter"
)

func sample() *landwaiter.Report {
	layers := []landwaiter.LayerRef{{DiffID: "sha256:" + strings.Repeat("a", 64),
		Digest: "sha256:" + strings.Repeat("b", 64), Size: 9}}
	return &landwaiter.Report{
		Image:  landwaiter.Image{ID: "sha256:" + strings.Repeat("c", 64), Names: []string{"shop/web:1"}, Layers: layers},
		Target: "web.tar",
		Kinds:  landwaiter.ScanAll, Distro: landwaiter.OSRelease{ID: "debian", Version: "12"}, Known: map[string]bool{},
		Packages: []landwaiter.ImagePackage{{Layer: layers[0].DiffID, Package: landwaiter.Package{
			Type: "deb", Ecosystem: "Debian:12", Name: "libssl3", Version: "3.0.1-1", SourceName: "openssl",
			SourceVersion: "3.0.1-1", PURL: "pkg:deb/debian/libssl3@3.0.1-1",
		}}},
		Vulnerabilities: []landwaiter.ImageVulnerability{{Layer: layers[0].DiffID, Path: "var/lib/dpkg/status",
			Vulnerability: landwaiter.Vulnerability{
				ID: "CVE-2099-1", Ecosystem: "Debian:12", Type: "deb", Package: "libssl3", Version: "3.0.1-1", Fixed: "3.0.9-1",
				Severity: landwaiter.Critical,
				CVSS:     9.8, CVSSVector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", KEV: true,
				Summary: "a\x1b[2Jflaw \u202ewith tricks",
			}}},
		Malware: []landwaiter.Malware{{Path: "tmp/\x1b]0;x\x07evil", Name: "Bad", Engine: "hash", Severity: landwaiter.High,
			State: landwaiter.Hidden}},
		Risks: []landwaiter.Risk{
			{Rule: "setuid-file", Severity: landwaiter.Medium, Path: strings.Repeat("very/long/", 12) + "su", Message: "one",
				State: landwaiter.Present},
			{Rule: "setuid-file", Severity: landwaiter.Medium, Path: "b", Message: "two", State: landwaiter.Hidden},
			{Rule: "root-user", Severity: landwaiter.Low, Message: "The image runs as root.", State: landwaiter.Present},
		},
		Coverage: []landwaiter.Coverage{{Layer: layers[0].DiffID, Analyser: "packages", State: landwaiter.Partial,
			Reason: "a broken jar"}},
	}
}

func render(t *testing.T, f Format, o Options, reports ...*landwaiter.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, f, reports, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTableFitsAndIsClean(t *testing.T) {
	for _, width := range []int{0, 60, 80, 120} {
		out := render(t, Table, Options{Width: width}, sample())
		limit := width
		if limit == 0 {
			limit = 80
		}
		for _, line := range strings.Split(out, "\n") {
			if n := utf8.RuneCountInString(line); n > limit {
				t.Errorf("width %d: a line of %d columns: %q", limit, n, line)
			}
		}
		for _, bad := range []string{"\x1b", "\x07", "\u202e"} {
			if strings.Contains(out, bad) {
				t.Errorf("%q from an image reached the terminal", bad)
			}
		}
	}
}

func TestTableSaysWhatMatters(t *testing.T) {
	out := render(t, Table, Options{Width: 100}, sample())
	for _, want := range []string{
		"web.tar", "debian:12, 1 package, 1 layer", "1 (1 critical)", "CVE-2099-1 KEV", "3.0.9-1", "Malware: 1",
		"still in a lower layer",
		"Risks: 3", "2 times:", "incomplete: packages", "a broken jar",
	} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	colored := render(t, Table, Options{Color: true}, sample())
	if !strings.Contains(colored, "\x1b[1;31mcritical\x1b[0m") {
		t.Error("no colour for critical")
	}
	only := render(t, Table, Options{}, sample().Only(landwaiter.ScanRisk))
	if strings.Contains(only, "Vulnerabilities") || strings.Contains(only, "Malware") {
		t.Error("kinds that were not looked for are shown as if they were")
	}
}

func TestJSONShape(t *testing.T) {
	var doc struct {
		Schema string
		Images []map[string]any
	}
	if err := json.Unmarshal([]byte(render(t, JSON, Options{}, sample(), &landwaiter.Report{})), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != "landwaiter.scan/v1" || len(doc.Images) != 2 {
		t.Fatalf("%+v", doc)
	}
	for _, img := range doc.Images {
		for _, key := range []string{"layers", "packages", "vulnerabilities", "malware", "risks", "coverage"} {
			if _, ok := img[key].([]any); !ok {
				t.Errorf("%s is %T, want a list even when empty", key, img[key])
			}
		}
	}
	v := doc.Images[0]["vulnerabilities"].([]any)[0].(map[string]any)
	if v["severity"] != "critical" || v["kev"] != true || v["fixed"] != "3.0.9-1" {
		t.Errorf("vulnerability: %v", v)
	}
}

func TestSARIF(t *testing.T) {
	var log sarifLog
	if err := json.Unmarshal([]byte(render(t, SARIF, Options{Version: "1.2.3"}, sample())), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if log.Version != "2.1.0" || len(run.Results) != 5 || len(run.Tool.Driver.Rules) != 4 {
		t.Fatalf("%d results, %d rules", len(run.Results), len(run.Tool.Driver.Rules))
	}
	for _, r := range run.Results {
		if run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("rule index of %s points to %s", r.RuleID, run.Tool.Driver.Rules[r.RuleIndex].ID)
		}
	}
	if len(run.Invocations[0].ToolExecutionNotifications) != 1 {
		t.Error("the coverage is not told")
	}
}

func TestCycloneDX(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal([]byte(render(t, CycloneDX, Options{}, sample())), &doc); err != nil {
		t.Fatal(err)
	}
	if doc["specVersion"] != "1.6" || len(doc["components"].([]any)) != 2 || len(doc["vulnerabilities"].([]any)) != 1 {
		t.Fatalf("%v", doc)
	}
	ref := doc["vulnerabilities"].([]any)[0].(map[string]any)["affects"].([]any)[0].(map[string]any)["ref"]
	found := false
	for _, c := range doc["components"].([]any) {
		found = found || c.(map[string]any)["bom-ref"] == ref
	}
	if !found {
		t.Errorf("the vulnerability affects %v, which is no component", ref)
	}
	if err := Write(&bytes.Buffer{}, CycloneDX, []*landwaiter.Report{sample(), sample()},
		Options{}); landwaiter.KindOf(err) != landwaiter.Invalid {
		t.Errorf("two images in one document: %v", err)
	}
}

// TestHeadlines: of each kind and state, the table, JSON and SARIF agree on
// whether the verdict is complete, and nothing that was not looked at is "none".
func TestHeadlines(t *testing.T) {
	states := []landwaiter.CoverageState{
		landwaiter.Scanned, landwaiter.Noted, landwaiter.Partial, landwaiter.Skipped, landwaiter.Failed,
	}
	for kind, about := range map[landwaiter.ScanKind][2]string{
		landwaiter.ScanVul:   {landwaiter.AnalyserAdvisories, "Vulnerabilities"},
		landwaiter.ScanVirus: {landwaiter.AnalyserMalware, "Malware"},
		landwaiter.ScanRisk:  {landwaiter.AnalyserSecrets, "Risks"},
	} {
		for _, state := range states {
			c := landwaiter.Coverage{Analyser: about[0], State: state, Reason: "the reason"}
			if state == landwaiter.Scanned {
				c.Reason = ""
			}
			r := &landwaiter.Report{Kinds: kind, Coverage: []landwaiter.Coverage{c}, Packages: []landwaiter.ImagePackage{
				{Package: landwaiter.Package{Ecosystem: "npm"}},
			}}
			complete := state == landwaiter.Scanned || state == landwaiter.Noted
			want := about[1] + ": none"
			switch {
			case state == landwaiter.Skipped:
				want = about[1] + ": not checked ("
			case !complete:
				want = about[1] + ": none found; not all "
			}
			name := about[0] + " " + string(state)
			table := strings.Join(strings.Fields(render(t, Table, Options{Width: 100}, r)), " ")
			if !strings.Contains(table, want) || complete && strings.Contains(table, want+" found") {
				t.Errorf("%s: no %q in %s", name, want, table)
			}
			if strings.Contains(table, "the reason") != (c.Reason != "") {
				t.Errorf("%s: the reason is missing in %s", name, table)
			}
			if doc := render(t, JSON, Options{}, r); !strings.Contains(doc, fmt.Sprintf("\n      \"complete\": %t,", complete)) {
				t.Errorf("%s: %s", name, doc)
			}
			doc := render(t, SARIF, Options{}, r)
			if !strings.Contains(doc, fmt.Sprintf("\"executionSuccessful\": %t", complete)) ||
				strings.Contains(doc, `"level": "warning"`) == complete {
				t.Errorf("%s: %s", name, doc)
			}
			for _, f := range []Format{CycloneDX, SPDX} {
				doc := render(t, f, Options{}, r)
				if strings.Contains(doc, "landwaiter:incomplete") == complete || !strings.Contains(doc, "landwaiter:complete") {
					t.Errorf("%s: %s", name, doc)
				}
			}
		}
	}
}
