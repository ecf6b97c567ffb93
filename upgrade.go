package landwaiter

import (
	"cmp"
	"slices"
	"strings"
)

// Upgrade says which version to upgrade a package to, and how much that fixes.
type Upgrade struct {
	Type    string // purl type
	Package string
	Version string
	// To is the lowest version that fixes every fixable flaw; "" when no single
	// version does, and each finding has a different fixed version.
	To     string
	Closes int      // fixable flaws
	Open   int      // flaws without a fixed version yet
	Worst  Severity // highest severity of the fixable flaws
}

// Upgrades returns the package versions with fixable flaws: the highest severity
// first, then those with the most flaws.
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
