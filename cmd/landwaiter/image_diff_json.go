package main

import (
	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/diff"
)

// diffJSON is a comparison in JSON.
type diffJSON struct {
	Before       diffImage `json:"before"`
	After        diffImage `json:"after"`
	SharedLayers int       `json:"sharedLayers"`
	NotCompared  []string  `json:"notCompared"`

	Packages        packagesJSON                    `json:"packages"`
	Vulnerabilities findingsJSON[diffVulnerability] `json:"vulnerabilities"`
	Suppressed      []diffSuppressed                `json:"suppressed"` // not fixed, but suppressed in B
	Malware         findingsJSON[diffMalware]       `json:"malware"`
	Risks           findingsJSON[diffRisk]          `json:"risks"`
}

type diffImage struct {
	ImageID string   `json:"imageID"`
	Names   []string `json:"names"`
	OS      string   `json:"os"`
	Layers  int      `json:"layers"`
}

type packagesJSON struct {
	Added   []packageJSON `json:"added"`
	Removed []packageJSON `json:"removed"`
	Changed []packageJSON `json:"changed"`
	Same    int           `json:"same"`
}

type packageJSON struct {
	Type string   `json:"type"`
	Name string   `json:"name"`
	From []string `json:"from"`
	To   []string `json:"to"`
}

type findingsJSON[T any] struct {
	Fixed     []T `json:"fixed"`
	New       []T `json:"new"`
	Remaining []T `json:"remaining"`
}

type diffVulnerability struct {
	ID       string              `json:"id"`
	Severity landwaiter.Severity `json:"severity"`
	Type     string              `json:"type"`
	Package  string              `json:"package"`
	Version  string              `json:"version"`
	Fixed    string              `json:"fixed"`
	KEV      bool                `json:"kev"`
	Path     string              `json:"path"`
	Layer    string              `json:"layer"`
}

type diffSuppressed struct {
	diffVulnerability
	Status landwaiter.SuppressionStatus `json:"status"`
	Reason string                       `json:"reason"`
	Source string                       `json:"source"`
}

type diffMalware struct {
	Name     string                  `json:"name"`
	Severity landwaiter.Severity     `json:"severity"`
	Path     string                  `json:"path"`
	Layer    string                  `json:"layer"`
	State    landwaiter.FindingState `json:"state"`
}

type diffRisk struct {
	Rule     string                  `json:"rule"`
	Severity landwaiter.Severity     `json:"severity"`
	Path     string                  `json:"path"`
	Line     int                     `json:"line"`
	Message  string                  `json:"message"`
	Layer    string                  `json:"layer"`
	State    landwaiter.FindingState `json:"state"`
}

func diffOf(r diff.Result) diffJSON {
	f := diffJSON{
		Before: diffImageOf(r.A), After: diffImageOf(r.B), SharedLayers: r.SharedLayers, NotCompared: []string{},
		Packages: packagesJSON{
			Added: mapped(r.Packages.Added, packageOf), Removed: mapped(r.Packages.Removed, packageOf),
			Changed: mapped(r.Packages.Changed, packageOf), Same: r.Packages.Same,
		},
		Vulnerabilities: findingsOf(r.Vulnerabilities, vulnerabilityOf),
		Suppressed: mapped(r.Suppressed, func(s landwaiter.SuppressedVulnerability) diffSuppressed {
			return diffSuppressed{vulnerabilityOf(s.ImageVulnerability), s.By.Status, s.By.Reason, s.By.Source}
		}),
		Malware: findingsOf(r.Malware, func(m landwaiter.Malware) diffMalware {
			return diffMalware{m.Name, m.Severity, m.Path, m.Layer, m.State}
		}),
		Risks: findingsOf(r.Risks, func(k landwaiter.Risk) diffRisk {
			return diffRisk{k.Rule, k.Severity, k.Path, k.Line, k.Message, k.Layer, k.State}
		}),
	}
	for _, kind := range []struct {
		kind landwaiter.ScanKind
		name string
	}{{landwaiter.ScanVul, "vul"}, {landwaiter.ScanVirus, "virus"}, {landwaiter.ScanRisk, "risk"}} {
		if !r.Kinds.Has(kind.kind) {
			f.NotCompared = append(f.NotCompared, kind.name)
		}
	}
	return f
}

func vulnerabilityOf(v landwaiter.ImageVulnerability) diffVulnerability {
	return diffVulnerability{v.ID, v.Severity, v.Type, v.Package, v.Version, v.Fixed, v.KEV, v.Path, v.Layer}
}

func diffImageOf(r *landwaiter.Report) diffImage {
	return diffImage{ImageID: r.ID, Names: append([]string{}, r.Names...), OS: r.Distro.String(), Layers: len(r.Layers)}
}

func packageOf(c diff.Change) packageJSON {
	return packageJSON{c.Type, c.Name, append([]string{}, c.From...), append([]string{}, c.To...)}
}

func findingsOf[T, U any](f diff.Findings[T], to func(T) U) findingsJSON[U] {
	return findingsJSON[U]{mapped(f.Fixed, to), mapped(f.New, to), mapped(f.Remaining, to)}
}

// mapped converts a list. The result is never nil: an empty list is [] in JSON.
func mapped[T, U any](list []T, to func(T) U) []U {
	out := make([]U, len(list))
	for i, x := range list {
		out[i] = to(x)
	}
	return out
}
