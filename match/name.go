package match

import "strings"

// NormalName returns the canonical spelling of a package name in an ecosystem.
// Both import and matching use it, so that different spellings of one package
// meet.
//
//   - PyPI: lower case, runs of ".", "-" and "_" become one "-" (PEP 503)
//   - NuGet, Packagist, GitHub Actions, VSCode: lower case; the registries ignore case
//   - SwiftURL: lower case without scheme and ".git"
//   - all others: unchanged
func NormalName(ecosystem, name string) string {
	base, _, _ := strings.Cut(ecosystem, ":")
	switch base {
	case "PyPI":
		return normalPyPI(name)
	case "NuGet", "Packagist", "GitHub Actions", "VSCode":
		return strings.ToLower(name)
	case "SwiftURL":
		name = strings.ToLower(name)
		name = strings.TrimPrefix(strings.TrimPrefix(name, "https://"), "http://")
		return strings.TrimSuffix(name, ".git")
	}
	return name
}

func normalPyPI(name string) string {
	var b strings.Builder
	b.Grow(len(name))
	separator := false
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '.' || c == '-' || c == '_':
			separator = true
			continue
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		if separator {
			b.WriteByte('-')
			separator = false
		}
		b.WriteByte(c)
	}
	if separator {
		b.WriteByte('-')
	}
	return b.String()
}
