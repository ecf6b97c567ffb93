package landwaiter

import (
	"fmt"
	"slices"
	"strings"
)

// Verdict says whether a scan of one kind looked at everything. Without
// findings, an image is clean only by a complete verdict.
type Verdict struct {
	Kind     ScanKind
	Complete bool
	// Checked is false where nothing was looked at or compared, so that the
	// number of findings means nothing.
	Checked bool
	Reasons []string // why it is not complete, the gravest first
	Notes   []string // what is reported only: nothing is known to be missing
}

// Reason returns the first reason, and how many more there are; "" for a
// complete verdict.
func (v Verdict) Reason() string {
	switch len(v.Reasons) {
	case 0:
		return ""
	case 1:
		return v.Reasons[0]
	}
	return fmt.Sprintf("%s; and %d more", v.Reasons[0], len(v.Reasons)-1)
}

// Incomplete reports whether the coverage makes the verdicts of its kinds
// incomplete. docs/verdicts.md has the same as a table.
func (c Coverage) Incomplete() bool {
	switch c.State {
	case Scanned, Noted:
		return false
	case Skipped:
		return c.Analyser != AnalyserMalwareLists
	}
	return true // a state that is not known here, too
}

// coverageKinds are the kinds of scan that need what an analyser covers.
var coverageKinds = map[string]ScanKind{
	AnalyserPackages:     ScanVul | ScanVirus, // malicious packages are known by their names
	AnalyserAdvisories:   ScanVul,
	AnalyserAdvisoryAge:  ScanVul,
	AnalyserMalware:      ScanVirus,
	AnalyserMalwareLists: ScanVirus,
	AnalyserSecrets:      ScanRisk,
	AnalyserFiles:        ScanRisk,
	AnalyserRisks:        ScanRisk,
	AnalyserConfig:       ScanRisk,
}

// Kinds returns the kinds of scan whose verdicts the coverage is about: all of
// them for an analyser that is not known here.
func (c Coverage) Kinds() ScanKind {
	if k, ok := coverageKinds[c.Analyser]; ok {
		return k
	}
	return ScanAll
}

// Text is the coverage as one sentence without its state.
func (c Coverage) Text() string {
	switch {
	case c.Analyser == AnalyserAdvisories, c.Analyser == AnalyserAdvisoryAge, c.Analyser == AnalyserMalwareLists:
		return c.Reason
	case c.Layer == "":
		return c.Analyser + ": " + c.Reason
	}
	return fmt.Sprintf("%s in layer %.19s: %s", c.Analyser, c.Layer, c.Reason)
}

// Kinds lists the single kinds of a set, in the order of [ScanKind]'s text.
func (k ScanKind) Kinds() []ScanKind {
	return slices.DeleteFunc([]ScanKind{ScanVul, ScanVirus, ScanRisk}, func(one ScanKind) bool { return !k.Has(one) })
}

// Verdict decides from the coverage whether the scan of one kind is complete.
// A kind that was not scanned is not checked; it is incomplete only if it was
// asked for by name, see [Report.Named].
func (r *Report) Verdict(kind ScanKind) Verdict {
	v := Verdict{Kind: kind, Checked: r.Kinds.Has(kind) && r.compared(kind)}
	wholly := false // something kept the scan from looking at anything
	for _, c := range r.Coverage {
		if !c.Kinds().Has(kind) || c.Reason == "" && !c.Incomplete() {
			continue
		}
		if !c.Incomplete() {
			v.Notes = appendNew(v.Notes, c.Text())
			continue
		}
		if c.State == Skipped && c.Layer == "" {
			wholly = true
			v.Reasons = slices.Insert(v.Reasons, 0, c.Text())
			continue
		}
		v.Reasons = appendNew(v.Reasons, c.Text())
	}
	v.Checked = v.Checked && !wholly
	if !r.Kinds.Has(kind) && !r.Named.Has(kind) {
		v.Notes, v.Reasons = append(v.Reasons, v.Notes...), nil
	}
	if !r.Kinds.Has(kind) && r.Named.Has(kind) && len(v.Reasons) == 0 {
		v.Reasons = []string{"nothing was scanned for it"}
	}
	v.Complete = len(v.Reasons) == 0
	return v
}

// compared reports whether advisories exist for any of the packages, if there
// are packages; other kinds are compared always.
func (r *Report) compared(kind ScanKind) bool {
	if kind != ScanVul || len(r.Packages) == 0 {
		return true
	}
	return len(r.Vulnerabilities) > 0 || slices.ContainsFunc(r.Packages,
		func(p ImagePackage) bool { return p.Ecosystem != "" })
}

// Incomplete returns the kinds that were asked for and could not be looked at
// wholly.
func (r *Report) Incomplete() ScanKind {
	var out ScanKind
	for _, kind := range ScanAll.Kinds() {
		if !r.Verdict(kind).Complete {
			out |= kind
		}
	}
	return out
}

// Shortfall says in a sentence what a scan that ended well could not look at;
// "" when all verdicts are complete.
func (r *Report) Shortfall() string {
	var parts []string
	for _, kind := range ScanAll.Kinds() {
		if why := r.Verdict(kind).Reason(); why != "" {
			parts = appendNew(parts, why)
		}
	}
	return strings.Join(parts, "; ")
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
