package packages

import (
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/match"
)

// maxField bounds names and versions. The longest honest ones, Go module paths
// with pseudo-versions, are below 200 bytes.
const maxField = 1024

// ecosystem is that of a language's packages; those of a distribution get theirs
// when layers are merged, since another may say which it is.
func ecosystem(purlType string) string { return match.Ecosystem(landwaiter.OSRelease{}, purlType) }

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

// maxVendor bounds who made a package. Names with an address stay below it.
const maxVendor = 256

// vendor is who made a package; "" for what no database honestly says.
func vendor(text string) string {
	if len(text) > maxVendor || !plausible(text) {
		return ""
	}
	return text
}

// plausiblePackage reports whether a package has a name and a version, and
// nothing that is too long.
func plausiblePackage(p *landwaiter.Package) bool {
	return plausible(p.Name) && plausible(p.Version) && len(p.SourceName)+len(p.SourceVersion)+len(p.Arch) <= maxField
}

// plausible refuses empty, endless and unprintable names and versions, so that
// no terminal escape reaches anyone's screen through them.
func plausible(s string) bool {
	return s != "" && len(s) <= maxField && !strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' || (r >= 0x7f && r < 0xa0) || r == '\u2028' || r == '\u2029' ||
			(r >= '\u202a' && r <= '\u202e') || r == '\ufffd'
	})
}
