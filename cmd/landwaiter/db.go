package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/feed"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/store"
)

type dbCmd struct {
	Import dbImportCmd `cmd:"" help:"Import advisories and enrichment data from files."`
	Update dbUpdateCmd `cmd:"" help:"Fetch what is new from the public OSV data, or a mirror of it."`
	Status dbStatusCmd `cmd:"" help:"Show what advisory data there is, and how old it is."`
}

type dbImportCmd struct {
	Paths  []string `arg:"" name:"path" help:"OSV dump (folders with all.zip), zip, JSON record, enrichment file, or a directory of any of these."`
	Report bool     `help:"List the images whose verdict changed, with what came and what went."`
	factsFlag
}

// Help shows examples.
func (dbImportCmd) Help() string {
	return `Reads OSV records, CISA's KEV catalogue, CSV files of CVSS, SSVC or EPSS by CVE,
and end-of-life dates (endoflife.date, distro-info). What is known already is
passed over. Stored images are judged anew; nothing is read from them again.

Examples:
  landwaiter db import /media/usb/osv
  landwaiter db import known_exploited_vulnerabilities.json epss.csv.gz
  landwaiter db import /media/usb/osv --report --output json > changed.json`
}

// importFact is the result of an import as printed.
type importFact struct {
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

	Images []changedFact `json:"images,omitzero"` // with --report
}

// Run imports.
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
		if printErr := printResult(e, s, c.factsFlag, res, time.Since(began), c.Report); printErr != nil {
			return printErr
		}
	}
	return err
}

// printResult prints what an import did and, if asked, which images it changed.
func printResult(e *environ, s *store.DB, out factsFlag, res feed.Result, took time.Duration, detailed bool) error {
	fact := importFact{
		Records: res.Records, Changed: res.Changed, Unchanged: res.Unchanged, Enrichments: res.Enrichments, Lifecycles: res.Lifecycles,
		Rematched: res.Rematched, Skipped: res.Skipped, Reasons: append([]string{}, res.Reasons...), Seconds: took.Seconds(),
	}
	for _, c := range res.Changes {
		if c.Added {
			fact.Added++
		} else {
			fact.Removed++
		}
	}
	if detailed {
		images, err := s.Verdicts().ChangedImages(e.ctx, res.Changes)
		if err != nil {
			return err
		}
		fact.Images = mapped(images, changedFactOf)
	}
	err := out.print(e.stdout, fact, func(w io.Writer) {
		fact.table(w)
		if detailed {
			changedTable(w, fact.Images)
		}
	})
	if res.Skipped > 0 {
		fmt.Fprintf(e.stderr, "landwaiter: %d could not be read, among them:\n", res.Skipped)
		for _, r := range res.Reasons {
			fmt.Fprintf(e.stderr, "  %s\n", landwaiter.Printable(r))
		}
	}
	return err
}

func (f importFact) table(w io.Writer) {
	fmt.Fprintf(w, "%d records read, %d of them new or changed", f.Records, f.Changed)
	if f.Unchanged > 0 {
		fmt.Fprintf(w, "; %d dumps are the same as before", f.Unchanged)
	}
	if f.Enrichments+f.Lifecycles > 0 {
		fmt.Fprintf(w, "; %d facts on CVEs, %d release lines", f.Enrichments, f.Lifecycles)
	}
	fmt.Fprintf(w, "; %d stored package versions judged anew", f.Rematched)
	if f.Added+f.Removed > 0 {
		fmt.Fprintf(w, ", with %d new verdicts and %d gone", f.Added, f.Removed)
	}
	fmt.Fprintf(w, "; %.1f s\n", f.Seconds)
}

type dbStatusCmd struct{ factsFlag }

type partFact struct {
	Ecosystem string     `json:"ecosystem"`
	Records   int        `json:"records"`
	Newest    *time.Time `json:"newest"`
	Imported  *time.Time `json:"imported"`
	AgeHours  float64    `json:"ageHours"`
	Error     string     `json:"error"`
}

// Run shows the state of the advisory data.
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
	facts := make([]partFact, len(parts))
	rows := make([][]string, len(parts))
	for i, p := range parts {
		facts[i] = partFact{
			Ecosystem: p.Ecosystem,
			Records:   p.Records,
			Newest:    timestamp(p.Newest),
			Imported:  timestamp(p.Imported),
			Error:     p.Error,
		}
		rows[i] = []string{p.Ecosystem, strconv.Itoa(p.Records), day(p.Newest), when(p.Imported), "-", p.Error}
		if !p.Imported.IsZero() {
			age := time.Since(p.Imported)
			facts[i].AgeHours, rows[i][4] = age.Hours(), ageText(age)
		}
	}
	return c.print(e.stdout, facts, func(w io.Writer) {
		if len(parts) == 0 {
			fmt.Fprintln(
				w,
				"No advisories yet: run 'landwaiter db update', or 'landwaiter db import' where there is no internet.",
			)
			return
		}
		columns(w, []string{"ECOSYSTEM", "RECORDS", "NEWEST", "IMPORTED", "AGE", "LAST ERROR"}, rows)
	})
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
