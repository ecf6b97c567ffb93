package match

import (
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Keys returns the keys under which advisories may speak of the package: each
// [Stream], or bare ecosystem of records without release, with a [NormalName].
// None when OSV has no ecosystem for it. Advisories of distributions speak of
// source packages, except those of AlmaLinux and Red Hat.
func Keys(pkg landwaiter.Package) []landwaiter.PackageKey {
	var keys []landwaiter.PackageKey
	for _, s := range subjects(pkg) {
		for _, stream := range streams(pkg) {
			keys = append(keys, landwaiter.PackageKey{Ecosystem: stream, Name: s.name})
		}
	}
	return keys
}

// AdvisoryKeys returns the distinct keys of the packages an advisory affects,
// in the order of the record.
func AdvisoryKeys(a *landwaiter.Advisory) []landwaiter.PackageKey {
	seen := make(map[landwaiter.PackageKey]bool, len(a.Affected))
	keys := make([]landwaiter.PackageKey, 0, len(a.Affected))
	for i := range a.Affected {
		k := affectedKey(&a.Affected[i])
		if !seen[k] {
			seen[k] = true
			keys = append(keys, k)
		}
	}
	return keys
}

func affectedKey(f *landwaiter.Affected) landwaiter.PackageKey {
	return landwaiter.PackageKey{Ecosystem: Stream(f.Ecosystem), Name: NormalName(f.Ecosystem, f.Name)}
}

func streams(pkg landwaiter.Package) []string {
	if pkg.Ecosystem == "" {
		return nil
	}
	stream := Stream(pkg.Ecosystem)
	out := []string{stream}
	if base, _, ok := strings.Cut(stream, ":"); ok {
		out = append(out, base)
		if base == "Ubuntu" && strings.Contains(pkg.Version, "fips") {
			out = append(out, stream+fipsStream)
		}
	}
	return out
}

// subject is a name that advisories may use for a package, with the version
// they would compare.
type subject struct{ name, version string }

func subjects(pkg landwaiter.Package) []subject {
	binary := subject{NormalName(pkg.Ecosystem, pkg.Name), pkg.Version}
	source := subject{pkg.SourceName, sourceVersion(pkg)}
	if source.name == "" {
		source.name = pkg.Name
	}
	switch pkg.Type {
	case "deb", "apk":
		return []subject{source}
	case "rpm":
		return rpmSubjects(pkg.Ecosystem, binary, source)
	}
	return []subject{binary}
}

// rpmSubjects chooses between the names of an RPM. Where the publisher's habit
// is not known, both count.
func rpmSubjects(ecosystem string, binary, source subject) []subject {
	base, _, _ := strings.Cut(ecosystem, ":")
	switch base {
	case "AlmaLinux", "Red Hat":
		return []subject{binary}
	case "Rocky Linux", "SUSE", "openSUSE", "Mageia", "openEuler":
		return []subject{source}
	}
	if source.name == binary.name {
		return []subject{binary}
	}
	return []subject{source, binary}
}

// sourceVersion returns the version of the source package. A rebuild of a
// Debian binary alone ("+b1") is not a new source. The header of an RPM names
// its source by file name, which has no epoch: it is the binary's.
func sourceVersion(pkg landwaiter.Package) string {
	v := pkg.SourceVersion
	if v == "" {
		v = pkg.Version
	}
	switch pkg.Type {
	case "deb":
		if v == pkg.Version { // else the package database has named the source's own
			return cutRebuild(v)
		}
	case "rpm":
		if epoch, _, ok := strings.Cut(pkg.Version, ":"); ok && !strings.Contains(v, ":") {
			return epoch + ":" + v
		}
	}
	return v
}

func cutRebuild(version string) string {
	i := strings.LastIndex(version, "+b")
	if i < 0 || i+2 == len(version) || strings.Trim(version[i+2:], "0123456789") != "" {
		return version
	}
	return version[:i]
}
