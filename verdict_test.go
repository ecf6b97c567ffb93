package landwaiter_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/rule"
)

var coverageStates = []landwaiter.CoverageState{
	landwaiter.Scanned, landwaiter.Noted, landwaiter.Partial, landwaiter.Skipped, landwaiter.Failed,
}

// analysersCovered is every analyser that coverage is about, and one that is not known.
var analysersCovered = []string{
	landwaiter.AnalyserPackages, landwaiter.AnalyserAdvisories, landwaiter.AnalyserAdvisoryAge,
	landwaiter.AnalyserMalware, landwaiter.AnalyserMalwareLists, landwaiter.AnalyserSecrets, landwaiter.AnalyserFiles,
	landwaiter.AnalyserConfig, landwaiter.AnalyserRisks, "anything else",
}

// TestVerdictsAreDocumented: docs/verdicts.md and the code say the same of every
// analyser and state.
func TestVerdictsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("docs/verdicts.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 2+len(coverageStates) || strings.Contains(line, "---") {
			continue
		}
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
		}
		if cells[0] == "about" {
			for i, state := range coverageStates {
				if cells[2+i] != string(state) {
					t.Fatalf("column %q, want %q", cells[2+i], state)
				}
			}
			continue
		}
		documented = append(documented, cells[0])
		for i, state := range coverageStates {
			c := landwaiter.Coverage{Analyser: cells[0], State: state, Reason: "why"}
			if state == landwaiter.Scanned {
				c.Reason = ""
			}
			if kinds := strings.ReplaceAll(cells[1], " ", ""); c.Kinds().String() != kinds {
				t.Errorf("%s: kinds %s, documented %s", cells[0], c.Kinds(), kinds)
			}
			if got := meaning(c); got != cells[2+i] {
				t.Errorf("%s %s: %s, documented %s", cells[0], state, got, cells[2+i])
			}
		}
	}
	if !slices.Equal(documented, analysersCovered) {
		t.Errorf("documented: %q, want %q", documented, analysersCovered)
	}
	for _, hint := range landwaiter.Hints() {
		if rule.Get(hint); !strings.Contains(string(text), "`"+hint+"`") {
			t.Errorf("the hint %s is not documented", hint)
		}
	}
}

// meaning is what a coverage means for the verdicts of a scan of all kinds.
func meaning(c landwaiter.Coverage) string {
	r := landwaiter.Report{Kinds: landwaiter.ScanAll, Coverage: []landwaiter.Coverage{c}}
	said := "-"
	for _, kind := range landwaiter.ScanAll.Kinds() {
		v := r.Verdict(kind)
		switch about := c.Kinds().Has(kind); {
		case !about && (!v.Complete || len(v.Notes) > 0):
			return "about a kind that it is not about"
		case !v.Complete:
			said = "incomplete"
		case len(v.Notes) > 0:
			said = "reported"
		}
	}
	if (r.Incomplete() != 0) != (said == "incomplete") || (r.Shortfall() != "") != (said == "incomplete") {
		return "not consistent"
	}
	return said
}

// TestVerdictOfKinds: kinds that were not scanned are not checked, and incomplete
// only if they were asked for by name.
func TestVerdictOfKinds(t *testing.T) {
	skipped := []landwaiter.Coverage{{Analyser: landwaiter.AnalyserRisks, State: landwaiter.Skipped, Reason: "no files"}}
	for _, c := range []struct {
		report            landwaiter.Report
		complete, checked bool
		reason            string
	}{
		{landwaiter.Report{Kinds: landwaiter.ScanRisk}, true, true, ""},
		{landwaiter.Report{Kinds: landwaiter.ScanVul}, true, false, ""},
		{landwaiter.Report{Kinds: landwaiter.ScanVul, Coverage: skipped}, true, false, ""},
		{landwaiter.Report{Named: landwaiter.ScanRisk, Coverage: skipped}, false, false, "risks: no files"},
		{landwaiter.Report{Named: landwaiter.ScanRisk}, false, false, "nothing was scanned for it"},
		{landwaiter.Report{Kinds: landwaiter.ScanRisk, Coverage: skipped}, false, false, "risks: no files"},
	} {
		v := c.report.Verdict(landwaiter.ScanRisk)
		if v.Complete != c.complete || v.Checked != c.checked || v.Reason() != c.reason {
			t.Errorf("%+v: %+v", c.report, v)
		}
	}
}

// TestVerdictComparesSomething: packages without an ecosystem were compared with
// nothing, though the verdict is complete.
func TestVerdictComparesSomething(t *testing.T) {
	pkg := func(ecosystem string) landwaiter.ImagePackage {
		return landwaiter.ImagePackage{Package: landwaiter.Package{Ecosystem: ecosystem}}
	}
	for checked, pkgs := range map[bool][]landwaiter.ImagePackage{true: {pkg(""), pkg("npm")}, false: {pkg("")}} {
		r := landwaiter.Report{Kinds: landwaiter.ScanVul, Packages: pkgs}
		if v := r.Verdict(landwaiter.ScanVul); v.Checked != checked || !v.Complete {
			t.Errorf("%v: %+v", pkgs, v)
		}
	}
}

// TestCheckAge: advisories older than a week are reported, and older than the
// limit make the verdict incomplete. A second call replaces the first.
func TestCheckAge(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for _, c := range []struct {
		age, limit time.Duration // age 0: not known
		state      landwaiter.CoverageState
	}{
		{7 * day, 0, ""},
		{7*day + time.Second, 0, landwaiter.Noted},
		{-day, 0, ""}, // a clock that was wrong
		{0, 0, ""},
		{0, day, landwaiter.Partial},
		{2 * day, day, landwaiter.Partial},
		{2 * day, 3 * day, ""},
		{9 * day, 10 * day, landwaiter.Noted},
	} {
		r := landwaiter.Report{Kinds: landwaiter.ScanVul, Advisories: []landwaiter.AdvisoryAge{{Ecosystem: "Debian"}}}
		if c.age != 0 {
			r.Advisories[0].Checked = now.Add(-c.age)
		}
		r.CheckAge(now.Add(30*day), time.Hour)
		r.CheckAge(now, c.limit)
		switch {
		case c.state == "" && len(r.Coverage) == 0:
		case len(r.Coverage) != 1 || r.Coverage[0].State != c.state || !strings.Contains(r.Coverage[0].Reason, "Debian"):
			t.Errorf("age %s, limit %s: %+v", c.age, c.limit, r.Coverage)
		}
	}
}
