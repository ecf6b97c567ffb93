package match

import (
	"strings"

	"github.com/google/osv-scalibr/semantic"

	"github.com/landwaiter/landwaiter"
)

// maxVersion bounds a version string in bytes. The longest real ones (Go
// pseudo-versions, RPM module builds) stay below 128; comparing is at worst
// quadratic in the length, so 256 keeps a hostile one under a millisecond.
const maxVersion = 256

// orders names, for ecosystems that the library does not know or gets wrong,
// another ecosystem with the right order.
//
//   - Photon OS, Azure Linux: RPM. Echo: dpkg. CleanStart: apk.
//   - Bitnami, ConanCenter, GitHub Actions have versions of four numbers,
//     which the library's SemVer takes for pre-releases; NuGet's order is
//     SemVer with a fourth number.
//   - opam orders as Debian does (https://opam.ocaml.org/doc/Manual.html#Version-ordering),
//     VS Code's extensions have Semantic Versions.
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

// parsed is a version in the form of its order.
type parsed interface {
	CompareStr(other string) (int, error)
}

// parse reads a version by the order of an ecosystem: our own where the
// library is wrong, see TestLibraryIsWrong.
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

// Compare orders two versions by the rules of the ecosystem: negative when a
// is older, zero when equal, positive when newer. Versions that the ecosystem
// does not allow, longer ones than 256 bytes and unknown ecosystems are
// landwaiter.Invalid. It never panics.
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

// plainVersion checks a version and brings it into the form that its order
// expects: see goVersion; Bitnami's packaging revision ("1.25.3-2") is taken
// off.
func plainVersion(base, text string) (string, error) {
	if text == "" || len(text) > maxVersion {
		return "", landwaiter.Errorf(landwaiter.Invalid, "a version must have 1 to %d bytes, this has %d", maxVersion,
			len(text))
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
		*err = landwaiter.Errorf(landwaiter.Invalid, "version %q cannot be read", text)
	}
}

func invalidVersion(text string, err error) error {
	return landwaiter.Errorf(landwaiter.Invalid, "version %q: %w", text, err)
}
