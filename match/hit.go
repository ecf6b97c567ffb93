package match

import (
	"strings"

	"github.com/landwaiter/landwaiter"
)

// hit is a record that covers the package version, or at least speaks of the
// package.
type hit struct {
	advisory *landwaiter.Advisory
	entry    *landwaiter.Affected // the first entry that covers it, else the first
	entries  []*landwaiter.Affected
	version  version // of the binary or source package, as the entry's name asks
	cves     []string
	several  bool // the record closes more than one CVE
}

// candidate is a package version under one name that advisories may use.
type candidate struct {
	name    string
	version version
}

// target is a package version prepared for many records.
type target struct {
	pkg        landwaiter.Package
	streams    []string
	candidates []candidate
}

// newTarget parses the versions once. Names whose version cannot be read are
// left out: nothing can be said of them. Headers of the kernel have none.
func newTarget(pkg landwaiter.Package) target {
	t := target{pkg: pkg, streams: streams(pkg)}
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

// judge returns the record's hit and whether it covers the version; one that
// does not speak of the package at all has no entries. An entry that cannot be
// read covers nothing.
func (t *target) judge(a *landwaiter.Advisory) (h hit, covered bool) {
	for _, c := range t.candidates {
		entries := t.entries(a, c.name)
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

// entries returns the entries of a record that are about the package under
// the name.
func (t *target) entries(a *landwaiter.Advisory, name string) []*landwaiter.Affected {
	var out []*landwaiter.Affected
	pro := false
	for i := range a.Affected {
		entry := &a.Affected[i]
		if NormalName(entry.Ecosystem, entry.Name) != name || informational[entry.Urgency] {
			continue
		}
		if t.inStream(entry.Ecosystem) && sameModule(t.pkg, a.Summary, entry) {
			out = append(out, entry)
			pro = pro || isPro(entry)
		}
	}
	if pro {
		return t.ubuntuArchive(out)
	}
	return out
}

// ubuntuArchive chooses among the entries of one record for one release those
// of the archive that the version comes from: the builds of Ubuntu Pro bear
// "esm" or "fips" in their version, and do not compare with those of the open
// archive. Where the record has entries of one archive only, they count.
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

func (t *target) inStream(ecosystem string) bool {
	stream := Stream(ecosystem)
	for _, s := range t.streams {
		if s == stream {
			return true
		}
	}
	return false
}
