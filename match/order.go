package match

import (
	"strings"

	"github.com/google/osv-scalibr/semantic"

	"github.com/landwaiter/landwaiter"
)

// maxVersion bounds the length of a version in bytes. The longest real ones
// (Go pseudo-versions, RPM module builds) stay below 128. Comparing takes
// quadratic time at worst, so that a hostile version of 256 bytes costs less
// than a millisecond.
const maxVersion = 256

// orders maps ecosystems that the library does not know, or gets wrong, to
// another ecosystem with the right order.
//
//   - Photon OS and Azure Linux use RPM's order, Echo dpkg's, CleanStart apk's.
//   - Bitnami, ConanCenter and GitHub Actions have versions of four numbers,
//     which the library's SemVer takes for pre-releases; NuGet's order is
//     SemVer with a fourth number.
//   - opam orders as Debian does
//     (https://opam.ocaml.org/doc/Manual.html#Version-ordering), VS Code
//     extensions use SemVer.
var orders = map[string]string{
	"Photon OS": "Red Hat", "Azure Linux": "Red Hat", "Echo": "Debian", "CleanStart": "Alpine",
	"Bitnami": "NuGet", "ConanCenter": "NuGet", "GitHub Actions": "NuGet",
	"opam": "Debian", "VSCode": "npm",
}

// version is a parsed version, ready to be compared with many others.
type version struct {
	base   string // ecosystem without suffix
	text   string
	parsed parsed
}

// parsed is a version as its order represents it.
type parsed interface {
	CompareStr(other string) (int, error)
}

// parse parses a version for the order of an ecosystem. The orders implemented
// here are those that the library gets wrong; see TestLibraryIsWrong.
func parse(order, text string) (parsed, error) {
	switch {
	case isAPK(order):
		return parseAPK(text), nil
	case order == "Packagist":
		return parseComposer(text)
	case order == "Maven":
		return parseMaven(text), nil
	}
	return semantic.Parse(text, order)
}

// Compare compares two versions by the rules of the ecosystem. It returns a
// negative number when a is older than b, zero when they are equal, a positive
// number when a is newer. Versions that the ecosystem does not allow, versions
// longer than 256 bytes and unknown ecosystems give an error of the kind
// landwaiter.Invalid. Compare never panics.
func Compare(ecosystem, a, b string) (int, error) {
	v, err := parseVersion(ecosystem, a)
	if err != nil {
		return 0, err
	}
	return v.compare(b)
}

func parseVersion(ecosystem, text string) (v version, err error) {
	v.base, _, _ = strings.Cut(ecosystem, ":")
	defer recoverInvalid(&err, text)
	if v.text, err = plainVersion(v.base, text); err != nil {
		return v, err
	}
	v.parsed, err = parse(v.order(), v.text)
	if err != nil {
		return v, invalidVersion(text, err)
	}
	return v, nil
}

func (v version) order() string {
	if o, ok := orders[v.base]; ok {
		return o
	}
	return v.base
}

func (v version) compare(other string) (c int, err error) {
	defer recoverInvalid(&err, other)
	text, err := plainVersion(v.base, other)
	if err != nil {
		return 0, err
	}
	c, err = v.parsed.CompareStr(text)
	if err != nil {
		return 0, invalidVersion(other, err)
	}
	if v.base == "Julia" && c == 0 {
		return compareBuilds(v.text, text), nil
	}
	return c, nil
}

// plainVersion checks a version and converts it to the form that its order
// expects: see goVersion; it removes Bitnami's packaging revision ("1.25.3-2").
func plainVersion(base, text string) (string, error) {
	if text == "" || len(text) > maxVersion {
		return "", landwaiter.Errorf(landwaiter.Invalid, "a version must have 1 to %d bytes, not %d",
			maxVersion, len(text))
	}
	switch base {
	case "Go":
		if text = goVersion(text); text == "" {
			return "", landwaiter.Errorf(landwaiter.Invalid, "the module has no version")
		}
	case "Bitnami":
		if i := strings.LastIndexByte(text, '-'); i > 0 && strings.Trim(text[i+1:], "0123456789") == "" {
			text = text[:i]
		}
	}
	return text, nil
}

func recoverInvalid(err *error, text string) {
	if r := recover(); r != nil {
		*err = landwaiter.Errorf(landwaiter.Invalid, "version %q cannot be parsed", text)
	}
}

func invalidVersion(text string, err error) error {
	return landwaiter.Errorf(landwaiter.Invalid, "version %q: %w", text, err)
}
