package match

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

var day = time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)

// advisory returns a record. The ids are its aliases, or its upstream IDs with
// "^", or its related IDs with "~".
func advisory(id, ids string, entries ...landwaiter.Affected) *landwaiter.Advisory {
	a := &landwaiter.Advisory{ID: id, Affected: entries}
	for _, other := range strings.Fields(ids) {
		switch other[0] {
		case '^':
			a.Upstream = append(a.Upstream, other[1:])
		case '~':
			a.Related = append(a.Related, other[1:])
		default:
			a.Aliases = append(a.Aliases, other)
		}
	}
	return a
}

func glibc(fixed string) landwaiter.Affected {
	return entry("Debian:12", "glibc", "introduced=0 fixed="+fixed)
}

var libc = landwaiter.Package{Type: "deb", Ecosystem: "Debian:12", Name: "libc6", Version: "2.36-9",
	SourceName: "glibc", SourceVersion: "2.36-9"}

// lines formats findings as "ID fixed [aliases] by advisory".
func lines(vulns []landwaiter.Vulnerability) []string {
	var out []string
	for _, v := range vulns {
		out = append(out, v.ID+" "+v.Fixed+" ["+strings.Join(v.Aliases, " ")+"] by "+v.Advisory)
	}
	return out
}

func TestPackageFlaws(t *testing.T) {
	for name, c := range map[string]struct {
		records []*landwaiter.Advisory
		want    []string
	}{
		"the CVE of a tracker's record": {
			[]*landwaiter.Advisory{advisory("DEBIAN-CVE-2024-1", "^CVE-2024-1", glibc("3"))},
			[]string{"CVE-2024-1 3 [DEBIAN-CVE-2024-1] by DEBIAN-CVE-2024-1"},
		},
		"the CVE in a tracker's ID": {
			[]*landwaiter.Advisory{advisory("DEBIAN-CVE-2024-1", "", glibc("3"))},
			[]string{"CVE-2024-1 3 [DEBIAN-CVE-2024-1] by DEBIAN-CVE-2024-1"},
		},
		"a notice of several flaws": {
			[]*landwaiter.Advisory{advisory("DSA-1-1", "^CVE-2024-2 ^CVE-2024-1", glibc("3"))},
			[]string{"CVE-2024-1 3 [DSA-1-1] by DSA-1-1", "CVE-2024-2 3 [DSA-1-1] by DSA-1-1"},
		},
		"a notice and the tracker": {
			[]*landwaiter.Advisory{
				advisory("DSA-1-1", "^CVE-2024-1 ^CVE-2024-2", glibc("4")),
				advisory("DEBIAN-CVE-2024-1", "^CVE-2024-1", glibc("3")),
			},
			[]string{"CVE-2024-1 4 [DEBIAN-CVE-2024-1 DSA-1-1] by DEBIAN-CVE-2024-1",
				"CVE-2024-2 4 [DSA-1-1] by DSA-1-1"},
		},
		"the tracker clears a flaw of a notice": {
			[]*landwaiter.Advisory{
				advisory("DSA-1-1", "^CVE-2024-1 ^CVE-2024-2", glibc("4")),
				advisory("DEBIAN-CVE-2024-1", "^CVE-2024-1", glibc("2")),
			},
			[]string{"CVE-2024-2 4 [DSA-1-1] by DSA-1-1"},
		},
		"the tracker clears all of a notice": {
			[]*landwaiter.Advisory{
				advisory("DSA-1-1", "^CVE-2024-1 ^CVE-2024-2", glibc("4")),
				advisory("DEBIAN-CVE-2024-1", "^CVE-2024-1", glibc("2")),
				advisory("DEBIAN-CVE-2024-2", "^CVE-2024-2", glibc("2")),
			}, nil,
		},
		"a notice without a flaw's name": {
			[]*landwaiter.Advisory{advisory("DSA-1-2", "", glibc("3"))},
			[]string{"DSA-1-2 3 [] by DSA-1-2"},
		},
		"related CVEs of an erratum": {
			[]*landwaiter.Advisory{advisory("DLA-1-2", "~CVE-2024-1", glibc("3"))},
			[]string{"CVE-2024-1 3 [DLA-1-2] by DLA-1-2"},
		},
		"related CVEs of others are other flaws": {
			[]*landwaiter.Advisory{advisory("GHSA-1", "~CVE-2024-1", glibc("3"))},
			[]string{"GHSA-1 3 [] by GHSA-1"},
		},
		"aliases with one CVE": {
			[]*landwaiter.Advisory{
				advisory("GO-1", "GHSA-1 CVE-2024-1", glibc("3")),
				advisory("GHSA-1", "CVE-2024-1", glibc("3")),
				advisory("PYSEC-1", "GHSA-1", glibc("3")),
			},
			[]string{"CVE-2024-1 3 [GHSA-1 GO-1 PYSEC-1] by GHSA-1"},
		},
		"aliases without a CVE": {
			[]*landwaiter.Advisory{
				advisory("PYSEC-1", "X-1", glibc("3")),
				advisory("GHSA-1", "X-1", glibc("3")),
				advisory("GHSA-2", "", glibc("3")),
			},
			[]string{"GHSA-1 3 [PYSEC-1 X-1] by GHSA-1", "GHSA-2 3 [] by GHSA-2"},
		},
		"an alias does not merge two CVEs": {
			[]*landwaiter.Advisory{
				advisory("A-1", "CVE-2024-1 GHSA-1", glibc("3")),
				advisory("A-2", "CVE-2024-2 GHSA-1", glibc("3")),
				advisory("GHSA-1", "", glibc("4")),
			},
			[]string{"CVE-2024-1 4 [A-1 GHSA-1] by A-1", "CVE-2024-2 4 [A-2 GHSA-1] by A-2"},
		},
		"a record that knows a fix beside one that does not": {
			[]*landwaiter.Advisory{
				advisory("A-1", "CVE-2024-1", entry("Debian:12", "glibc", "introduced=0")),
				advisory("B-1", "CVE-2024-1", glibc("3")),
			},
			[]string{"CVE-2024-1 3 [A-1 B-1] by B-1"},
		},
		"other packages and releases": {
			[]*landwaiter.Advisory{
				advisory("A-1", "", entry("Debian:11", "glibc", "introduced=0")),
				advisory("A-2", "", entry("Debian:12", "libc6", "introduced=0")),
				advisory("A-3", "", entry("Debian", "glibc", "introduced=0 fixed=3")),
			},
			[]string{"A-3 3 [] by A-3"},
		},
		"several entries of one record": {
			[]*landwaiter.Advisory{advisory("A-1", "", glibc("1"), glibc("3"), glibc("5"))},
			[]string{"A-1 5 [] by A-1"},
		},
	} {
		got, _ := Package(libc, c.records, nil)
		if diff := cmp.Diff(c.want, lines(got)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestPackageIgnores(t *testing.T) {
	withdrawn := advisory("A-1", "", glibc("3"))
	withdrawn.Withdrawn = day
	taken := advisory("DEBIAN-CVE-2024-1", "", glibc("3"))
	taken.Details = "Rejected reason: not a flaw"
	nothing := advisory("A-3", "", landwaiter.Affected{Ecosystem: "Debian:12", Name: "glibc"}) // only GIT ranges
	unmaintained := entry("Debian:12", "glibc", "introduced=0")
	unmaintained.Urgency = "unmaintained"
	for name, a := range map[string]*landwaiter.Advisory{
		"withdrawn":    withdrawn,
		"rejected":     taken,
		"no range":     nothing,
		"bug fix":      advisory("ALBA-1", "", glibc("3")),
		"unmaintained": advisory("RUSTSEC-1", "", unmaintained),
		"unreadable":   advisory("A-2", "", glibc("x:3")),
	} {
		if v, m := Package(libc, []*landwaiter.Advisory{a}, nil); v != nil || m != nil {
			t.Errorf("%s: %v %v", name, v, m)
		}
	}
	for _, version := range []string{"", "x:1", strings.Repeat("1", maxVersion+1)} {
		p := libc
		p.Version, p.SourceVersion = version, version
		if v, _ := Package(p, []*landwaiter.Advisory{advisory("A-1", "", glibc("3"))}, nil); v != nil {
			t.Errorf("version %q: %v", version, v)
		}
	}
}

// TestKernelHeaders has packages of the kernel's headers, kernels, and headers
// of other packages.
func TestKernelHeaders(t *testing.T) {
	for _, c := range []struct {
		kind, ecosystem, name, source string
		judged                        bool
	}{
		{"deb", "Debian:12", "linux-libc-dev", "linux", false},
		{"deb", "Debian:12", "linux-libc-dev-arm64-cross", "linux", false},
		{"deb", "Debian:12", "linux-headers-6.1.0-9-amd64", "linux", false},
		{"deb", "Ubuntu:22.04:LTS", "linux-aws-headers-5.15.0-1001", "linux-aws", false},
		{"deb", "Debian:12", "linux-image-6.1.0-9-amd64", "linux", true},
		{"deb", "Debian:12", "linux-perf", "linux", true},
		{"deb", "Debian:12", "libgl-headers-dev", "libglvnd", true},
		{"rpm", "AlmaLinux:9", "kernel-headers", "kernel", false},
		{"rpm", "AlmaLinux:9", "kernel-cross-headers", "kernel", false},
		{"rpm", "AlmaLinux:9", "kernel-core", "kernel", true},
		{"rpm", "AlmaLinux:9", "glibc-headers", "glibc", true},
		{"apk", "Alpine:v3.17", "linux-headers", "linux-headers", true}, // a separate source
	} {
		subject := c.source
		if c.kind == "rpm" {
			subject = c.name
		}
		record := advisory("A-1", "CVE-2024-1", entry(c.ecosystem, subject, "introduced=0 fixed=6"))
		pkg := landwaiter.Package{Type: c.kind, Ecosystem: c.ecosystem, Name: c.name, Version: "5-1",
			SourceName: c.source, SourceVersion: "5-1"}
		if got, _ := Package(pkg, []*landwaiter.Advisory{record}, nil); (len(got) > 0) != c.judged {
			t.Errorf("%s of %s: %v", c.name, c.source, lines(got))
		}
		e, ok := Explain(pkg, []*landwaiter.Advisory{record}, nil, "CVE-2024-1")
		if !ok || (len(e.Records) > 0) != c.judged {
			t.Errorf("%s of %s: %+v", c.name, c.source, e)
		}
	}
}

// TestErrataReferences checks which CVEs an erratum is about.
func TestErrataReferences(t *testing.T) {
	refs := []string{"https://errata.almalinux.org/8/ALBA-2019-3384.html", "https://vulners.com/cve/CVE-2024-2",
		"https://vulners.com/cve/CVE-2024-1"}
	for _, c := range []struct {
		id, ids string
		want    []string
	}{
		{"ALBA-2019:3384", "", []string{"CVE-2024-1", "CVE-2024-2"}},
		{"ALSA-2023:6077", "", []string{"CVE-2024-1", "CVE-2024-2"}},
		{"ALSA-2023:6077", "~CVE-2024-3", []string{"CVE-2024-3"}}, // with related IDs, references do not count
		{"GHSA-1", "", nil},
	} {
		a := advisory(c.id, c.ids, glibc("3"))
		a.Refs = refs
		if diff := cmp.Diff(c.want, CVEs(a)); diff != "" {
			t.Errorf("%s %s: %s", c.id, c.ids, diff)
		}
	}
}

func TestPackageFinding(t *testing.T) {
	a := advisory("DEBIAN-CVE-2024-1", "^CVE-2024-1", glibc("3"))
	b := advisory("DSA-1-1", "^CVE-2024-1 ^CVE-2024-2", glibc("3"))
	b.Summary, b.Details, b.Refs, b.Published = "s", "d", []string{"https://example.org"}, day
	enrich := map[string]landwaiter.Enrichment{"CVE-2024-1": {CVE: "CVE-2024-1", CVSSVector: v3Critical, KEV: day,
		Exploit: "active", EPSS: 0.5, CWEs: []string{"CWE-787"}}}
	got, _ := Package(libc, []*landwaiter.Advisory{b, a}, enrich)
	want := landwaiter.Vulnerability{
		ID: "CVE-2024-1", Aliases: []string{"DEBIAN-CVE-2024-1", "DSA-1-1"}, Advisory: "DEBIAN-CVE-2024-1",
		Ecosystem: "Debian:12", Type: "deb", Package: "libc6", Version: "2.36-9", Fixed: "3", Upgrade: "3",
		Severity: landwaiter.Critical, CVSS: 9.8, CVSSVector: v3Critical, KEV: true, Exploit: "active", EPSS: 0.5,
		Category: "OUT_OF_BOUNDS_WRITE",
		Summary:  "s", Details: "d", References: []string{"https://example.org"}, Published: day,
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Error(diff)
	}
}

func TestPackageOrder(t *testing.T) {
	graded := func(id, vector string) *landwaiter.Advisory {
		a := advisory(id, "", glibc("3"))
		if vector != "" {
			a.Severity = []landwaiter.Vector{{Type: "CVSS_V3", Score: vector}}
		}
		return a
	}
	records := []*landwaiter.Advisory{
		graded("CVE-2024-9", ""), graded("CVE-2024-2", v3Medium), graded("CVE-2024-1", v3Medium),
		graded("CVE-2024-3", v4Critical),
		graded("CVE-2024-4", v3Critical), graded("CVE-2024-5", ""), graded("CVE-2024-6", v3Medium),
		graded("CVE-2024-7", v3Medium), graded("CVE-2024-8", ""),
	}
	got, _ := Package(libc, records, map[string]landwaiter.Enrichment{
		"CVE-2024-5": {KEV: day}, "CVE-2024-6": {EPSS: 0.4}, "CVE-2024-7": {Exploit: "none", EPSS: 0.01},
		"CVE-2024-8": {Exploit: "active"},
	})
	var ids []string
	for _, v := range got {
		ids = append(ids, v.ID)
	}
	want := []string{
		"CVE-2024-5", "CVE-2024-8", "CVE-2024-6", "CVE-2024-4", "CVE-2024-3", "CVE-2024-1", "CVE-2024-2", "CVE-2024-7",
		"CVE-2024-9",
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Error(diff)
	}
	if records[0].ID != "CVE-2024-9" {
		t.Error("the caller's list was sorted")
	}
}

func TestPackageMalware(t *testing.T) {
	pkg := landwaiter.Package{Type: "npm", Ecosystem: "npm", Name: "evil", Version: "1.0.7", Path: "app/package.json"}
	titled := advisory("LWA-2", "", entry("npm", "evil", "listed:1.0.7"))
	titled.Summary = "Malicious code in evil (npm)"
	withdrawn := advisory("MAL-9", "", entry("npm", "evil", "introduced=0"))
	withdrawn.Withdrawn = day
	vulns, got := Package(pkg, []*landwaiter.Advisory{
		advisory("LWA-1", "MAL-1", entry("npm", "evil", "listed:1.0.7")),
		advisory("MAL-1", "GHSA-1", entry("npm", "evil", "introduced=0")),
		advisory("GHSA-1", "MAL-1", entry("npm", "evil", "introduced=0")),
		advisory("MAL-2", "", entry("npm", "evil", "listed:9.9.9")),
		titled, withdrawn,
	}, nil)
	bad := landwaiter.Malware{Path: "app/package.json", Engine: "osv", Severity: landwaiter.Critical,
		State: landwaiter.Present}
	first, second := bad, bad
	first.Name, second.Name = "LWA-2", "MAL-1"
	if diff := cmp.Diff([]landwaiter.Malware{first, second}, got); diff != "" || vulns != nil {
		t.Error(diff, vulns)
	}
}

func TestPackageModules(t *testing.T) {
	const build = "1:18.19.0-1.module_el8.9.0+3700+aaaa"
	in := func(modularity, version string) landwaiter.Package {
		return landwaiter.Package{Type: "rpm", Ecosystem: "AlmaLinux:8", Name: "nodejs", Version: version,
			Modularity: modularity}
	}
	erratum := func(title string, fixed ...string) *landwaiter.Advisory {
		a := advisory("ALSA-1", "~CVE-2024-1")
		a.Summary = title
		for _, f := range fixed {
			a.Affected = append(a.Affected, entry("AlmaLinux:8", "nodejs", "introduced=0 fixed="+f))
		}
		return a
	}
	const fix20, fix18 = "1:20.1.0-1.module_el8.9.0+3800+bbbb", "1:18.20.0-1.module_el8.9.0+3900+cccc"
	for name, c := range map[string]struct {
		pkg  landwaiter.Package
		a    *landwaiter.Advisory
		want bool
	}{
		"same stream": {in("nodejs:18:8090020240101:abcd", build),
			erratum("Important: nodejs:18 security update", fix18), true},
		"another stream": {in("nodejs:18:8090020240101:abcd", build),
			erratum("Important: nodejs:20 security update", fix20), false},
		"title names no stream": {in("nodejs:18:8090020240101:abcd", build),
			erratum("Important: nodejs security update", fix18), true},
		"module of the build's mark alone": {in("", build), erratum("Important: nodejs:18 security update", fix18),
			true},
		"an ordinary package": {in("", "1:16.0-1.el8"),
			erratum("Important: nodejs:18 security update", fix18), false},
		"an ordinary erratum": {in("nodejs:18:1:a", build),
			erratum("Important: nodejs security update", "1:18.20.0-1.el8"), false},
		"fixed in a rebuild": {in("nodejs:18:1:a", build),
			erratum("Important: nodejs:18 security update", build, fix18), false},
	} {
		got, _ := Package(c.pkg, []*landwaiter.Advisory{c.a}, nil)
		if (len(got) == 1) != c.want {
			t.Errorf("%s: %v", name, lines(got))
		}
	}
}
