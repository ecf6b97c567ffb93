// Package diff compares the reports of two images: what a rebuild fixed and what
// it added.
//
// Packages and findings are compared by their identity and not by their layers
// and lines, since the layers of a rebuild have different diffIDs and lines
// move.
package diff

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Result is the difference between image A and image B. Lists are sorted,
// findings by severity first.
type Result struct {
	A, B *landwaiter.Report
	// Kinds are the kinds that both images were scanned for. Findings of other
	// kinds are not compared.
	Kinds        landwaiter.ScanKind
	SharedLayers int // number of layers of B that A has too

	Packages        Packages
	Vulnerabilities Findings[landwaiter.ImageVulnerability]
	// Suppressed are the vulnerabilities of A that are suppressed in B: they no
	// longer count, but are not fixed.
	Suppressed []landwaiter.SuppressedVulnerability
	Malware    Findings[landwaiter.Malware]
	Risks      Findings[landwaiter.Risk]
}

// Findings are the findings of one kind.
type Findings[T any] struct {
	Fixed     []T // in A only
	New       []T // in B only
	Remaining []T // in both, as they are in B
}

// Reports compares two reports.
func Reports(a, b *landwaiter.Report) Result {
	r := Result{A: a, B: b, Kinds: a.Kinds & b.Kinds}
	known := map[string]bool{}
	for _, l := range a.Layers {
		known[l.DiffID] = true
	}
	for _, l := range b.Layers {
		if known[l.DiffID] {
			r.SharedLayers++
		}
	}
	if r.Kinds&(landwaiter.ScanVul|landwaiter.ScanVirus) != 0 {
		r.Packages = packages(a.Packages, b.Packages)
	}
	if r.Kinds.Has(landwaiter.ScanVul) {
		r.vulnerabilities()
	}
	if r.Kinds.Has(landwaiter.ScanVirus) {
		r.Malware = findings(a.Malware, b.Malware, func(m landwaiter.Malware) [3]string {
			return [3]string{m.Name, m.Path, string(m.State)}
		})
	}
	if r.Kinds.Has(landwaiter.ScanRisk) {
		r.Risks = findings(a.Risks, b.Risks, func(k landwaiter.Risk) [3]string {
			return [3]string{k.Rule, k.Path, k.Message + string(k.State)}
		})
	}
	return r
}

// findings compares two lists and keeps their order, which is by severity.
// Findings with the same key (a flaw in two versions of a package) count once.
func findings[T any](a, b []T, key func(T) [3]string) Findings[T] {
	var f Findings[T]
	inA, seen := map[[3]string]bool{}, map[[3]string]bool{}
	for _, x := range a {
		inA[key(x)] = true
	}
	for _, x := range b {
		k := key(x)
		switch {
		case seen[k]:
		case inA[k]:
			f.Remaining = append(f.Remaining, x)
		default:
			f.New = append(f.New, x)
		}
		seen[k] = true
	}
	for _, x := range a {
		if k := key(x); !seen[k] {
			seen[k] = true
			f.Fixed = append(f.Fixed, x)
		}
	}
	return f
}

func flaw(v landwaiter.ImageVulnerability) [3]string { return [3]string{v.ID, v.Type, v.Package} }

// vulnerabilities compares the flaws. A suppressed flaw is still in the image:
// if it is suppressed in one image only, the rebuild neither fixed nor added it.
func (r *Result) vulnerabilities() {
	r.Vulnerabilities = findings(allFlaws(r.A), r.B.Vulnerabilities, flaw)
	r.Vulnerabilities.Fixed = findings(r.A.Vulnerabilities, allFlaws(r.B), flaw).Fixed
	counted := map[[3]string]bool{}
	for _, v := range r.A.Vulnerabilities {
		counted[flaw(v)] = true
	}
	for _, v := range r.B.Vulnerabilities {
		delete(counted, flaw(v))
	}
	for _, s := range r.B.Suppressed {
		if counted[flaw(s.ImageVulnerability)] {
			r.Suppressed = append(r.Suppressed, s)
			delete(counted, flaw(s.ImageVulnerability))
		}
	}
}

func allFlaws(r *landwaiter.Report) []landwaiter.ImageVulnerability {
	out := slices.Clone(r.Vulnerabilities)
	for _, s := range r.Suppressed {
		out = append(out, s.ImageVulnerability)
	}
	return out
}

// Packages are the differences between packages.
type Packages struct {
	Added, Removed, Changed []Change
	Same                    int // package versions that both images have
}

// Change is a package with its versions in each image. An image may have several
// versions of a package.
type Change struct {
	Type, Name string
	From, To   []string // sorted as text; From is empty if the package was added, To if it was removed
}

func packages(a, b []landwaiter.ImagePackage) Packages {
	from, to := versions(a), versions(b)
	var out Packages
	for name, old := range from {
		out.add(name, old, to[name])
	}
	for name, fresh := range to {
		if from[name] == nil {
			out.add(name, nil, fresh)
		}
	}
	for _, list := range [][]Change{out.Added, out.Removed, out.Changed} {
		slices.SortFunc(list, func(x, y Change) int {
			return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.Type, y.Type))
		})
	}
	return out
}

type packageName struct{ kind, name string }

func versions(list []landwaiter.ImagePackage) map[packageName]map[string]bool {
	out := map[packageName]map[string]bool{}
	for _, p := range list {
		k := packageName{p.Type, p.Name}
		if out[k] == nil {
			out[k] = map[string]bool{}
		}
		out[k][p.Version] = true
	}
	return out
}

func (p *Packages) add(name packageName, from, to map[string]bool) {
	c := Change{Type: name.kind, Name: name.name, From: slices.Sorted(maps.Keys(from)),
		To: slices.Sorted(maps.Keys(to))}
	for v := range from {
		if to[v] {
			p.Same++
		}
	}
	switch {
	case slices.Equal(c.From, c.To):
	case len(from) == 0:
		p.Added = append(p.Added, c)
	case len(to) == 0:
		p.Removed = append(p.Removed, c)
	default:
		p.Changed = append(p.Changed, c)
	}
}

// Worst returns the highest severity among the new findings that are present.
func (r Result) Worst() landwaiter.Severity {
	added := landwaiter.Report{Vulnerabilities: r.Vulnerabilities.New, Malware: r.Malware.New, Risks: r.Risks.New}
	return added.Worst()
}

// NewFindings returns the number of new findings.
func (r Result) NewFindings() int {
	return len(r.Vulnerabilities.New) + len(r.Malware.New) + len(r.Risks.New)
}
