package packages

import (
	"slices"
	"strings"

	"github.com/google/osv-scalibr/extractor"
	"github.com/google/osv-scalibr/extractor/filesystem/language/python/requirements"
	"github.com/google/osv-scalibr/extractor/filesystem/osv"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/match"
)

// maxField bounds names and versions. The longest honest ones, Go module paths
// with pseudo-versions, are below 200 bytes.
const maxField = 1024

// ecosystem is that of a language's packages; those of a distribution get theirs
// when layers are merged, since another may say which it is.
func ecosystem(purlType string) string { return match.Ecosystem(landwaiter.OSRelease{}, purlType) }

// purlTypes corrects SCALIBR where it differs from the purl specification: what
// a JavaScript lock file takes from a git repository is still the npm package of
// that name and version.
var purlTypes = map[string]string{"git": "npm"}

// convert turns a package of SCALIBR into ours. It reports false for what is no
// package of a known version.
func convert(p *extractor.Package, path string) (landwaiter.Package, bool) {
	purlType := p.PURLType
	if t, ok := purlTypes[purlType]; ok {
		purlType = t
	}
	out := landwaiter.Package{
		Type: purlType, Ecosystem: ecosystem(purlType),
		Name: p.Name, Version: p.Version, Path: path,
	}
	switch m := p.Metadata.(type) {
	case *requirements.Metadata:
		// Only a pin says what is installed; ">=1.0" says nothing.
		if m.VersionComparator != "==" && m.VersionComparator != "===" {
			return out, false
		}
	case osv.DepGroups:
		out.Dev = developmentOnly(m.DepGroups())
	}
	switch purlType {
	case "pypi", "composer":
		out.Name = match.NormalName(out.Ecosystem, out.Name)
	case "pub":
		if out.Version == "0.0.0" { // a part of the SDK, which has another version
			return out, false
		}
	}
	return out, plausiblePackage(&out)
}

// plausiblePackage reports whether a package has a name and a version, and
// nothing that is too long.
func plausiblePackage(p *landwaiter.Package) bool {
	return plausible(p.Name) && plausible(p.Version) && len(p.SourceName)+len(p.SourceVersion)+len(p.Arch) <= maxField
}

// source fills in the binary package's own name and version, which is what a
// package database means when it says nothing.
func source(name, version string, p landwaiter.Package) (string, string) {
	if name == "" {
		name = p.Name
	}
	if version == "" {
		version = p.Version
	}
	return name, version
}

func developmentOnly(groups []string) bool {
	return len(groups) > 0 && !slices.ContainsFunc(groups, func(g string) bool {
		return g != "dev" && g != "development" && g != "test" && g != "tests" && g != "build-requires"
	})
}

// plausible refuses empty, endless and unprintable names and versions, so that
// no terminal escape reaches anyone's screen through them.
func plausible(s string) bool {
	return s != "" && len(s) <= maxField && !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || (r >= 0x7f && r < 0xa0) || r == '\u2028' || r == '\u2029' || (r >= '\u202a' && r <= '\u202e') || r == '\ufffd'
	})
}
