package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/diff"
	"github.com/landwaiter/landwaiter/report"
)

type imageDiffCmd struct {
	A string `arg:"" help:"The image before: a name, an image ID, or its first digits."`
	B string `arg:"" help:"The image after."`
	gateFlags
	ageFlag
	outputFlag
	analyserFlags
}

// Help shows examples.
func (imageDiffCmd) Help() string {
	return `Compares the last scans of two images, matched against the current advisories.

Examples:
  landwaiter image diff shop/web:1.4 shop/web:1.5
  landwaiter image diff shop/web:1.4 shop/web:1.5 --fail-on high
  landwaiter image diff 3fb8c1d2 77aa01c4 --output json

Exit codes: 0 done, 1 error, 2 wrong usage, 3 a new finding at or above --fail-on, 4 (--fail-on only) incomplete.`
}

// Run compares two images.
func (c *imageDiffCmd) Run(e *environ) error {
	s, err := e.reading()
	if err != nil {
		return err
	}
	defer s.Close()
	var both [2]*landwaiter.Report
	for i, text := range []string{c.A, c.B} {
		id, err := findImage(e, s, text)
		if err != nil {
			return err
		}
		if both[i], err = storedReport(e, s, c.analyserFlags, id); err != nil {
			return err
		}
	}
	c.apply(both[:]...)
	r := diff.Reports(both[0], both[1])
	if err := c.print(e.stdout, diffOf(r), func(w io.Writer) { diffTable(w, r) }); err != nil {
		return err
	}
	if threshold, ok := c.threshold(); ok && r.NewFindings() > 0 && r.Worst() >= threshold {
		return exitCode(exitFindings)
	}
	return c.verdict(e, unchanged(both))
}

// unchanged is the image after without its findings, which were compared: what
// could not be looked at in it is left. Kinds that only the image before was
// scanned for are missing in it.
func unchanged(both [2]*landwaiter.Report) *landwaiter.Report {
	after := *both[1]
	after.Named |= both[0].Kinds
	after.Vulnerabilities, after.Malware, after.Risks = nil, nil, nil
	return &after
}

func diffTable(w io.Writer, r diff.Result) {
	fmt.Fprintf(w, "%s -> %s\n", imageTitle(r.A), imageTitle(r.B))
	fmt.Fprintf(w, "  %d of %s shared\n", r.SharedLayers, report.Count(len(r.B.Layers), "layer"))
	if missing := landwaiter.ScanAll &^ r.Kinds; missing != 0 {
		fmt.Fprintf(w, "  not compared, because not both images were scanned for it: %s\n", kindNames(missing))
	}
	if r.Kinds.Has(landwaiter.ScanVul) {
		findingsTable(w, "Vulnerabilities", r.Vulnerabilities, func(v landwaiter.ImageVulnerability) []string {
			id := v.ID
			if v.KEV {
				id += " KEV"
			}
			return []string{v.Severity.String(), id, v.Package + " " + v.Version, cmp.Or(v.Fixed, "no fix")}
		}, "ID", "PACKAGE", "FIXED IN")
		suppressedTable(w, r.Suppressed)
	}
	if r.Kinds.Has(landwaiter.ScanVirus) {
		findingsTable(w, "Malware", r.Malware, func(m landwaiter.Malware) []string {
			return []string{m.Severity.String(), m.Name, m.Path}
		}, "NAME", "PATH")
	}
	if r.Kinds.Has(landwaiter.ScanRisk) {
		findingsTable(w, "Risks", r.Risks, func(k landwaiter.Risk) []string {
			return []string{k.Severity.String(), k.Rule, cmp.Or(k.Path, k.Message)}
		}, "RULE", "WHERE")
	}
	packagesTable(w, r.Packages)
}

// packagesTable comes last: a rebuild on a newer base changes hundreds.
func packagesTable(w io.Writer, p diff.Packages) {
	fmt.Fprintf(w, "\nPackages: %d changed, %d added, %d removed, %d unchanged\n", len(p.Changed), len(p.Added),
		len(p.Removed), p.Same)
	var rows [][]string
	for _, part := range []struct {
		sign string
		list []diff.Change
	}{{"~", p.Changed}, {"+", p.Added}, {"-", p.Removed}} {
		for _, c := range part.list {
			rows = append(rows,
				[]string{part.sign, c.Name, c.Type, cmp.Or(strings.Join(c.From, " "), "-"), cmp.Or(strings.Join(c.To, " "), "-")})
		}
	}
	someColumns(w, []string{"", "PACKAGE", "TYPE", "BEFORE", "AFTER"}, rows)
}

// suppressedTable lists the suppressed vulnerabilities of the image after.
func suppressedTable(w io.Writer, list []landwaiter.SuppressedVulnerability) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "\nNot fixed, but suppressed: %d\n", len(list))
	columns(
		w,
		[]string{"SEVERITY", "ID", "PACKAGE", "WHY"},
		mapped(list, func(s landwaiter.SuppressedVulnerability) []string {
			return []string{
				s.Severity.String(),
				s.ID,
				s.Package + " " + s.Version,
				fmt.Sprintf("%s: %s (%s)", s.By.Status, s.By.Reason, s.By.Source),
			}
		}),
	)
}

// findingsTable lists fixed and new findings, and only counts the remaining ones.
func findingsTable[T any](w io.Writer, title string, f diff.Findings[T], row func(T) []string, header ...string) {
	fmt.Fprintf(w, "\n%s: %d fixed, %d new, %d remaining\n", title, len(f.Fixed), len(f.New), len(f.Remaining))
	var rows [][]string
	for _, x := range f.New {
		rows = append(rows, append([]string{"new"}, row(x)...))
	}
	for _, x := range f.Fixed {
		rows = append(rows, append([]string{"fixed"}, row(x)...))
	}
	someColumns(w, append([]string{"", "SEVERITY"}, header...), rows)
}

// someColumns prints a table unless it has no rows.
func someColumns(w io.Writer, header []string, rows [][]string) {
	if len(rows) > 0 {
		columns(w, header, rows)
	}
}

func imageTitle(r *landwaiter.Report) string {
	if len(r.Names) == 0 {
		return r.ID
	}
	return landwaiter.Printable(r.Names[0])
}

func kindNames(k landwaiter.ScanKind) string {
	var names []string
	for _, x := range []struct {
		kind landwaiter.ScanKind
		name string
	}{{landwaiter.ScanVul, "vulnerabilities"}, {landwaiter.ScanVirus, "malware"}, {landwaiter.ScanRisk, "risks"}} {
		if k.Has(x.kind) {
			names = append(names, x.name)
		}
	}
	return strings.Join(names, ", ")
}
