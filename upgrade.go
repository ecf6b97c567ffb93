package landwaiter

import (
	"cmp"
	"slices"
	"strings"
)

// Upgrade is what closes the flaws of one package version.
type Upgrade struct {
	Type    string // purl type
	Package string
	Version string
	// To is the lowest version that closes all flaws that can be closed; ""
	// when no one version does, as each finding then has a fix of its own.
	To     string
	Closes int      // flaws that can be closed
	Open   int      // flaws that no version closes yet
	Worst  Severity // of those that can be closed
}

// Upgrades returns the package versions with flaws that can be closed: the
// gravest first, then those with most flaws.
func (r *Report) Upgrades() []Upgrade {
	type version struct{ kind, name, version, ecosystem string }
	byVersion := map[version]*Upgrade{}
	for _, v := range r.Vulnerabilities {
		k := version{v.Type, v.Package, v.Version, v.Ecosystem}
		u := byVersion[k]
		if u == nil {
			u = &Upgrade{Type: v.Type, Package: v.Package, Version: v.Version}
			byVersion[k] = u
		}
		if v.Fixed == "" {
			u.Open++
			continue
		}
		u.Closes++
		u.To, u.Worst = v.Upgrade, max(u.Worst, v.Severity)
	}
	var out []Upgrade
	for _, u := range byVersion {
		if u.Closes > 0 {
			out = append(out, *u)
		}
	}
	slices.SortFunc(out, func(a, b Upgrade) int {
		return cmp.Or(cmp.Compare(b.Worst, a.Worst), cmp.Compare(b.Closes, a.Closes), strings.Compare(a.Package, b.Package),
			strings.Compare(a.Version, b.Version), strings.Compare(a.Type, b.Type))
	})
	return out
}
