package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/feed"
	"github.com/landwaiter/landwaiter/report"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/store"
)

type dbCmd struct {
	Import dbImportCmd `cmd:"" help:"Import advisories and enrichment data from files."`
	Update dbUpdateCmd `cmd:"" help:"Download new and changed advisories from OSV or a mirror."`
	Status dbStatusCmd `cmd:"" help:"Show the advisory data and its age."`
}

// Help shows examples.
func (dbCmd) Help() string {
	return `Examples:
  landwaiter db update
  landwaiter db import /media/usb/osv
  landwaiter db status`
}

type dbImportCmd struct {
	Paths  []string `arg:"" name:"path" help:"OSV dump (folders with all.zip), zip, JSON record, enrichment file, or a directory of these."`
	Report bool     `help:"List the images whose findings changed, and the findings added and removed."`
	outputFlag
}

// Help shows examples.
func (dbImportCmd) Help() string {
	return `Imports OSV records, CISA's KEV catalogue, CSV files of CVSS, SSVC or EPSS by CVE,
and end-of-life dates (endoflife.date, distro-info). Unchanged dumps are skipped.
Stored images are re-matched against the new data without being read again.

Examples:
  landwaiter db import /media/usb/osv
  landwaiter db import known_exploited_vulnerabilities.json epss.csv.gz
  landwaiter db import /media/usb/osv --report --output json > changed.json`
}

// importJSON is the result of an import in JSON.
type importJSON struct {
	Records     int      `json:"records"`
	Changed     int      `json:"changed"`
	Unchanged   int      `json:"unchangedDumps"`
	Enrichments int      `json:"enrichments"`
	Lifecycles  int      `json:"lifecycles"`
	Rematched   int      `json:"rematchedPackages"`
	Skipped     int      `json:"skipped"`
	Reasons     []string `json:"reasons"`
	Seconds     float64  `json:"seconds"`
	Added       int      `json:"cameVerdicts"` // on stored package versions
	Removed     int      `json:"wentVerdicts"`

	Images []changedJSON `json:"images,omitzero"` // with --report
}

// Run imports the files.
func (c *dbImportCmd) Run(e *environ) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	began := time.Now()
	bar := newProgress(e.stderr, "Importing")
	res, err := feed.Import(e.ctx, s, scan.Matcher, c.Paths, func(done, total int64) { bar.set(done, total, "") })
	bar.clear()
	if res.Records > 0 || err == nil {
		if printErr := printResult(e, s, c.outputFlag, res, time.Since(began), c.Report); printErr != nil {
			return printErr
		}
	}
	return err
}

// printResult prints what an import did and, if detailed, which images changed.
func printResult(e *environ, s *store.DB, out outputFlag, res feed.Result, took time.Duration, detailed bool) error {
	result := importJSON{
		Records: res.Records, Changed: res.Changed, Unchanged: res.Unchanged, Enrichments: res.Enrichments,
		Lifecycles: res.Lifecycles, Rematched: res.Rematched, Skipped: res.Skipped,
		Reasons: append([]string{}, res.Reasons...), Seconds: took.Seconds(),
	}
	for _, c := range res.Changes {
		if c.Added {
			result.Added++
		} else {
			result.Removed++
		}
	}
	if detailed {
		images, err := s.Verdicts().ChangedImages(e.ctx, res.Changes)
		if err != nil {
			return err
		}
		result.Images = mapped(images, changedJSONOf)
	}
	err := out.print(e.stdout, result, func(w io.Writer) {
		result.table(w)
		if detailed {
			changedTable(w, result.Images)
		}
	})
	if res.Skipped > 0 {
		fmt.Fprintf(e.stderr, "landwaiter: skipped %s that could not be read, among them:\n",
			report.Count(res.Skipped, "record"))
		for _, r := range res.Reasons {
			fmt.Fprintf(e.stderr, "  %s\n", landwaiter.Printable(r))
		}
	}
	return err
}

func (f importJSON) table(w io.Writer) {
	fmt.Fprintf(w, "%s read, %d of them new or changed", report.Count(f.Records, "record"), f.Changed)
	if f.Unchanged > 0 {
		fmt.Fprintf(w, "; %s unchanged", report.Count(f.Unchanged, "dump"))
	}
	if f.Enrichments+f.Lifecycles > 0 {
		fmt.Fprintf(w, "; %s, %s",
			report.Count(f.Enrichments, "enrichment entry"), report.Count(f.Lifecycles, "release line"))
	}
	fmt.Fprintf(w, "; %s re-matched", report.Count(f.Rematched, "stored package version"))
	if f.Added+f.Removed > 0 {
		fmt.Fprintf(w, ": %s added, %d removed", report.Count(f.Added, "finding"), f.Removed)
	}
	fmt.Fprintf(w, "; %.1f s\n", f.Seconds)
}

type dbStatusCmd struct{ outputFlag }

// Help shows examples.
func (dbStatusCmd) Help() string {
	return `Examples:
  landwaiter db status
  landwaiter db status --output json

Exit codes: 0 done, 1 error or no advisories, 2 wrong usage.`
}

// partJSON is the state of one ecosystem's advisories in JSON.
type partJSON struct {
	Ecosystem string     `json:"ecosystem"`
	Records   int        `json:"records"`
	Newest    *time.Time `json:"newest"`
	Imported  *time.Time `json:"imported"` // last successful update or import
	AgeHours  float64    `json:"ageHours"` // since then
	NewestAge float64    `json:"newestAgeHours"`
	Stale     bool       `json:"stale"` // reports warn of it
	Error     string     `json:"error"`
}

// Run prints the state of the advisory data.
func (c *dbStatusCmd) Run(e *environ) error {
	s, err := e.reading()
	if err != nil {
		return err
	}
	defer s.Close()
	parts, err := s.Advisories().Parts(e.ctx)
	if err != nil {
		return err
	}
	list := make([]partJSON, len(parts))
	rows := make([][]string, len(parts))
	records := 0
	for i, p := range parts {
		list[i] = partJSON{
			Ecosystem: p.Ecosystem, Records: p.Records, Newest: timestamp(p.Newest), Imported: timestamp(p.Imported),
			Error: p.Error,
		}
		newest, checked := "-", "-"
		if !p.Newest.IsZero() {
			age := max(time.Since(p.Newest), 0) // some records lie in the future
			list[i].NewestAge, newest = age.Hours(), fmt.Sprintf("%s (%s ago)", day(p.Newest), ageText(age))
		}
		if !p.Imported.IsZero() {
			age := time.Since(p.Imported)
			list[i].AgeHours, list[i].Stale = age.Hours(), age > landwaiter.StaleAfter
			checked = fmt.Sprintf("%s (%s ago)", when(p.Imported), ageText(age))
		}
		rows[i] = []string{p.Ecosystem, strconv.Itoa(p.Records), newest, checked, p.Error}
		records += p.Records
	}
	err = c.print(e.stdout, list, func(w io.Writer) {
		if len(parts) == 0 {
			fmt.Fprintln(w,
				"There are no advisories: run 'landwaiter db update', or 'landwaiter db import' without internet access.")
			return
		}
		columns(w, []string{"ECOSYSTEM", "RECORDS", "NEWEST", "LAST CHECKED", "LAST ERROR"}, rows)
	})
	if err == nil && records == 0 {
		return exitCode(exitError) // vulnerabilities cannot be found
	}
	return err
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.DateOnly)
}

func ageText(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// importDemoAdvisories writes the demo's records to dir and imports them.
func importDemoAdvisories(ctx context.Context, s *store.DB, dir string) error {
	if err := writeDemoAdvisories(dir); err != nil {
		return err
	}
	res, err := feed.Import(ctx, s, scan.Matcher, []string{dir}, nil)
	if err == nil && res.Skipped > 0 {
		return landwaiter.Errorf(landwaiter.Internal, "demo records were refused: %v", res.Reasons)
	}
	return err
}
