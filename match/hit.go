package match

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// hit is a record about the package, which may or may not cover the version.
type hit struct {
	advisory *landwaiter.Advisory
	entry    *landwaiter.Affected // the first entry that covers the version, else the first
	entries  []*landwaiter.Affected
	version  version // of the binary or the source package, whichever the entry names
	cves     []string
	several  bool // the record is about more than one CVE
}

// candidate is a package version under one name that advisories may use.
type candidate struct {
	name    string
	version version
}

// target is a package version prepared for comparison with many records.
type target struct {
	pkg        landwaiter.Package
	streams    []string
	minors     []string // streams whose records only clear; see minorStreams
	minor      string   // "9.6" for an RPM built for it, else ""
	candidates []candidate
}

// newTarget parses the versions once. It leaves out names whose version cannot
// be parsed, since no range can be evaluated for them, and all names of kernel
// headers.
func newTarget(pkg landwaiter.Package) target {
	t := target{pkg: pkg, streams: streams(pkg), minors: minorStreams(pkg)}
	if pkg.Type == "rpm" {
		t.minor = minorOf(pkg.Version)
	}
	if isKernelHeaders(pkg) {
		return t
	}
	for _, s := range subjects(pkg) {
		if v, err := parseVersion(pkg.Ecosystem, s.version); err == nil {
			t.candidates = append(t.candidates, candidate{s.name, v})
		}
	}
	return t
}

// judge compares the version with a record. If the record is only about the minor
// release that the package was built for, it never covers. The hit has no entries if the
// record is not about the package at all. An entry that cannot be parsed covers
// nothing.
func (t *target) judge(a *landwaiter.Advisory) (h hit, covered bool) {
	if h, covered = t.judgeIn(t.streams, a); len(h.entries) > 0 || len(t.minors) == 0 {
		return h, covered
	}
	if h, covered = t.judgeIn(t.minors, a); covered {
		return hit{}, false
	}
	return h, false
}

func (t *target) judgeIn(streams []string, a *landwaiter.Advisory) (h hit, covered bool) {
	for _, c := range t.candidates {
		entries := t.entries(streams, a, c.name)
		if len(entries) == 0 {
			continue
		}
		h = hit{advisory: a, entry: entries[0], entries: entries, version: c.version}
		if t.pkg.Type == "rpm" && isFixOf(entries, c.version.text) {
			continue
		}
		for _, entry := range entries {
			if why, _ := covers(entry, c.version); why != "" {
				h.entry, h.cves = entry, CVEs(a)
				h.several = len(h.cves) > 1
				return h, true
			}
		}
	}
	return h, false
}

// entries returns the entries of a record for the package under this name.
func (t *target) entries(streams []string, a *landwaiter.Advisory, name string) []*landwaiter.Affected {
	var out []*landwaiter.Affected
	pro := false
	for i := range a.Affected {
		entry := &a.Affected[i]
		if NormalName(entry.Ecosystem, entry.Name) != name || informational[entry.Urgency] {
			continue
		}
		if slices.Contains(streams, landwaiter.Stream(entry.Ecosystem)) && sameModule(t.pkg, a.Summary, entry) {
			out = append(out, entry)
			pro = pro || isPro(entry)
		}
	}
	if pro {
		return t.ubuntuArchive(out)
	}
	return out
}

// ubuntuArchive chooses among the entries of one record for one release: it
// keeps those of the archive that the version comes from. The versions of
// Ubuntu Pro contain "esm" or "fips" and cannot be compared with those of the
// public archive. If the record has entries for the other archive only, these
// are kept.
func (t *target) ubuntuArchive(entries []*landwaiter.Affected) []*landwaiter.Affected {
	fromPro := strings.Contains(t.pkg.Version, "esm") || strings.Contains(t.pkg.Version, "fips")
	var own []*landwaiter.Affected
	for _, e := range entries {
		if isPro(e) == fromPro {
			own = append(own, e)
		}
	}
	if len(own) == 0 {
		return entries
	}
	return own
}

func isPro(entry *landwaiter.Affected) bool { return strings.HasPrefix(entry.Ecosystem, "Ubuntu:Pro:") }
