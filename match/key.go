package match

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Keys returns the keys under which advisories may list the package: its
// [landwaiter.Stream], and the bare ecosystem for records without a release, each with a
// [NormalName]. It returns none when OSV has no ecosystem for the package.
// Distributions' advisories list source packages, except those of AlmaLinux
// and Red Hat.
func Keys(pkg landwaiter.Package) []landwaiter.PackageKey {
	var keys []landwaiter.PackageKey
	all := slices.Concat(streams(pkg), minorStreams(pkg))
	for _, s := range subjects(pkg) {
		for _, stream := range all {
			keys = append(keys, landwaiter.PackageKey{Ecosystem: stream, Name: s.name})
		}
	}
	return keys
}

// AdvisoryKeys returns the distinct keys of the packages that an advisory
// affects, in the order of its entries.
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
	return landwaiter.PackageKey{Ecosystem: landwaiter.Stream(f.Ecosystem), Name: NormalName(f.Ecosystem, f.Name)}
}

func streams(pkg landwaiter.Package) []string {
	out := landwaiter.AdvisoryEcosystems(pkg.Ecosystem)
	if len(out) == 2 && out[1] == "Ubuntu" && strings.Contains(pkg.Version, "fips") {
		out = append(out, out[0]+landwaiter.FIPSStream)
	}
	if len(out) > 0 && isRoot(pkg) {
		out = append(out, rootStreams(pkg.Ecosystem)...)
	}
	if pkg.Type == "rpm" {
		for product := range strings.FieldsSeq(pkg.Origin) {
			out = append(out, "Red Hat:"+product)
		}
	}
	return out
}

// subject is a name that advisories may use for a package, with the version
// that their ranges are about.
type subject struct{ name, version string }

func subjects(pkg landwaiter.Package) []subject {
	list := plainSubjects(pkg)
	if isRoot(pkg) {
		return rootSubjects(list)
	}
	return list
}

func plainSubjects(pkg landwaiter.Package) []subject {
	binary := subject{NormalName(pkg.Ecosystem, pkg.Name), pkg.Version}
	if pkg.Type == "golang" {
		return goSubjects(pkg, binary)
	}
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

// rpmSubjects chooses between the source and the binary name of an RPM. It
// returns both if it is not known which one the publisher uses.
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

// sourceVersion returns the version of the source package. A binary-only
// rebuild in Debian ("+b1") has the same source. An RPM header names the source
// by its file name, which lacks the epoch; source and binary have the same one.
func sourceVersion(pkg landwaiter.Package) string {
	v := pkg.SourceVersion
	if v == "" {
		v = pkg.Version
	}
	switch pkg.Type {
	case "deb":
		if v == pkg.Version { // otherwise the package database has the source's own version
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
