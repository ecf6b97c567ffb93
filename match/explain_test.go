package match

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

func TestUpgrade(t *testing.T) {
	for name, c := range map[string]struct {
		records []*landwaiter.Advisory
		want    string
	}{
		"the highest of the fixes": {
			[]*landwaiter.Advisory{advisory("A-1", "", glibc("3")), advisory("A-2", "", glibc("5")),
				advisory("A-3", "", glibc("4"))}, "5",
		},
		"what has no fix does not count": {
			[]*landwaiter.Advisory{advisory("A-1", "", glibc("3")),
				advisory("A-2", "", entry("Debian:12", "glibc", "introduced=0"))}, "3",
		},
		"the fix of one flaw lies on a branch where another is open": {
			[]*landwaiter.Advisory{
				advisory("A-1", "", entry("Debian:12", "glibc", "introduced=0 fixed=3 introduced=4 fixed=4.2")),
				advisory("A-2", "", glibc("4.1")),
			}, "4.2",
		},
		"no version closes all": {
			[]*landwaiter.Advisory{
				advisory("A-1", "", entry("Debian:12", "glibc", "introduced=0 fixed=3 introduced=4")),
				advisory("A-2", "", glibc("4.1")),
			}, "",
		},
		"nothing can be fixed": {[]*landwaiter.Advisory{advisory("A-2", "",
			entry("Debian:12", "glibc", "introduced=0"))}, ""},
	} {
		got, _ := Package(libc, c.records, nil)
		for _, v := range got {
			want := c.want
			if v.Fixed == "" {
				want = ""
			}
			if v.Upgrade != want {
				t.Errorf("%s: %s is closed by %q, want %q", name, v.ID, v.Upgrade, want)
			}
		}
	}
}

func TestExplainFinding(t *testing.T) {
	tracker := advisory("DEBIAN-CVE-2024-1", "^CVE-2024-1", glibc("3"))
	tracker.Urgency = "low"
	notice := advisory("DSA-1-1", "^CVE-2024-1 ^CVE-2024-2", glibc("4"))
	old := advisory("CVE-2024-1", "", glibc("9"))
	old.Withdrawn = day
	e, ok := Explain(libc, []*landwaiter.Advisory{notice, tracker, old}, nil, "DEBIAN-CVE-2024-1")
	if !ok || e.Vulnerability.ID != "CVE-2024-1" || e.Order != "dpkg" {
		t.Fatalf("explained: %v, %+v", ok, e)
	}
	want := []Record{
		{Advisory: tracker, Publisher: "Debian security tracker", Ecosystem: "Debian:12", Name: "glibc",
			Version: "2.36-9", Why: "in [0, 3)", Fixed: "3", Flaws: 1},
		{Advisory: notice, Publisher: "Debian security advisories", Ecosystem: "Debian:12", Name: "glibc",
			Version: "2.36-9", Why: "in [0, 4)", Fixed: "4", Flaws: 2},
	}
	if diff := cmp.Diff(want, e.Records); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Dismissal{{old, "withdrawn on 2024-01-02"}}, e.Dismissed); diff != "" {
		t.Error(diff)
	}
	if e.SeverityFrom != string(ownWord)+": DEBIAN-CVE-2024-1" {
		t.Errorf("severity from %q", e.SeverityFrom)
	}
}

func TestExplainSeverity(t *testing.T) {
	a, b := advisory("CVE-2024-1", "", glibc("3")), advisory("DSA-1-1", "^CVE-2024-1 ^CVE-2024-2", glibc("3"))
	b.Severity = []landwaiter.Vector{{Type: "CVSS_V3", Score: v3Critical}}
	e, _ := Explain(libc, []*landwaiter.Advisory{a, b}, nil, "CVE-2024-1")
	if e.SeverityFrom != string(sharedVector)+": DSA-1-1" {
		t.Errorf("from a notice: %q", e.SeverityFrom)
	}
	e, _ = Explain(libc, []*landwaiter.Advisory{a, b},
		map[string]landwaiter.Enrichment{"CVE-2024-1": {CVSSVector: v3Critical}}, "CVE-2024-1")
	if e.SeverityFrom != string(cveVector) {
		t.Errorf("from enrichment: %q", e.SeverityFrom)
	}
	fallback := landwaiter.Enrichment{CVSSVector: v3Critical, CVSSFrom: "GHSA-1", CWEs: []string{"CWE-787"},
		CWEsFrom: "GHSA-2"}
	e, _ = Explain(libc, []*landwaiter.Advisory{a, b}, map[string]landwaiter.Enrichment{"CVE-2024-1": fallback},
		"CVE-2024-1")
	if want := string(otherVector) + ": GHSA-1"; e.SeverityFrom != want || e.ScoreFrom != want ||
		e.CategoryFrom != "CWE-787 of GHSA-2 (fallback)" {
		t.Errorf("from a fallback: %+v", e)
	}
	a.Urgency = "low"
	e, _ = Explain(libc, []*landwaiter.Advisory{a}, map[string]landwaiter.Enrichment{"CVE-2024-1": fallback},
		"CVE-2024-1")
	if e.SeverityFrom != string(ownWord)+": CVE-2024-1" || e.ScoreFrom != string(otherVector)+": GHSA-1" {
		t.Errorf("an urgency with a fallback score: %+v", e)
	}
	a.Urgency = ""
	e, _ = Explain(libc, []*landwaiter.Advisory{a}, nil, "CVE-2024-1")
	if e.SeverityFrom != "" || e.ScoreFrom != "" || e.CategoryFrom != "" {
		t.Errorf("from nothing: %+v", e)
	}
}

func TestExplainDismissals(t *testing.T) {
	libssl := landwaiter.Package{Type: "rpm", Ecosystem: "AlmaLinux:9", Name: "libssl", Version: "3-1"}
	for name, c := range map[string]struct {
		pkg    landwaiter.Package
		record *landwaiter.Advisory
		more   []*landwaiter.Advisory
		want   string
	}{
		"fixed before": {
			libc, advisory("X-1", "CVE-2024-1", entry("Debian:12", "glibc",
				"introduced=0 fixed=1 introduced=1.5 last=2 introduced=7")), nil,
			"2.36-9 is not in [0, 1) [1.5, 2] [7, ...)",
		},
		"another release": {
			libc, advisory("X-1", "CVE-2024-1", entry("Debian:11", "glibc", "introduced=0")), nil,
			"is about glibc in Debian:11",
		},
		"cleared by the tracker": {
			libc, advisory("DSA-1-1", "^CVE-2024-1 ^CVE-2024-2", glibc("4")),
			[]*landwaiter.Advisory{advisory("DEBIAN-CVE-2024-1", "^CVE-2024-1", glibc("2"))},
			"another record for the CVE, closer to this build, says that this version is not affected",
		},
		"a fixed build": {
			libssl, advisory("ALSA-1", "CVE-2024-1", entry("AlmaLinux:9", "libssl",
				"introduced=0 fixed=3-1 introduced=0 fixed=4-1")), nil,
			"3-1 is itself a fixed build",
		},
		"no flaw": {libc, advisory("RHBA-1", "", glibc("4")), nil, "is not about a vulnerability"},
		"malicious": {libc, advisory("MAL-1", "CVE-2024-1", glibc("4")), nil,
			"reports a malicious package, which is malware and not a vulnerability"},
		"no package": {libc, advisory("X-1", "CVE-2024-1"), nil, "is about no package"},
	} {
		id := "CVE-2024-1"
		if c.record.ID == "RHBA-1" {
			id = c.record.ID
		}
		e, ok := Explain(c.pkg, append(c.more, c.record), nil, id)
		got := ""
		for _, d := range e.Dismissed {
			if d.Advisory == c.record {
				got = d.Why
			}
		}
		if !ok || got != c.want {
			t.Errorf("%s: %v, %q, want %q", name, ok, got, c.want)
		}
	}
	if _, ok := Explain(libc, nil, nil, "CVE-2024-1"); ok {
		t.Error("a flaw that no record names was explained")
	}
}
