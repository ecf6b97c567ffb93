package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/match"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/store"
)

// explanationJSON is the verdict on one flaw of one package version in JSON.
type explanationJSON struct {
	ID           string              `json:"id"`
	Package      string              `json:"package"`
	Version      string              `json:"version"`
	Ecosystem    string              `json:"ecosystem"`
	Path         string              `json:"path"`
	Layer        string              `json:"layer"`
	Affected     bool                `json:"affected"`
	Severity     landwaiter.Severity `json:"severity"`
	SeverityFrom string              `json:"severityFrom"`
	CVSS         float64             `json:"cvss"`
	CVSSVector   string              `json:"cvssVector"`
	ScoreFrom    string              `json:"scoreFrom"`
	Category     string              `json:"category"`
	CategoryFrom string              `json:"categoryFrom"`
	KEV          *time.Time          `json:"kev"`
	EPSS         float64             `json:"epss"`
	Exploit      string              `json:"exploit"`
	Fixed        string              `json:"fixed"`
	Upgrade      string              `json:"upgrade"`
	Suppressed   *suppressedJSON     `json:"suppressed"` // null when it counts
	VersionOrder string              `json:"versionOrder"`
	Records      []recordJSON        `json:"records"`
	Dismissed    []dismissalJSON     `json:"dismissed"`
}

// suppressedJSON is the suppression of a finding in JSON.
type suppressedJSON struct {
	ID     string                       `json:"id"`
	Status landwaiter.SuppressionStatus `json:"status"`
	Reason string                       `json:"reason"`
	Source string                       `json:"source"`
}

type recordJSON struct {
	Advisory  string     `json:"advisory"`
	Publisher string     `json:"publisher"`
	Ecosystem string     `json:"ecosystem"`
	Package   string     `json:"package"`
	Version   string     `json:"version"`
	Rule      string     `json:"rule"`
	Fixed     string     `json:"fixed"`
	Flaws     int        `json:"flaws"`
	Modified  *time.Time `json:"modified"`
	URL       string     `json:"url"`
}

type dismissalJSON struct {
	Advisory string `json:"advisory"`
	Reason   string `json:"reason"`
}

// explain prints why an image has a flaw, or why not.
func explain(e *environ, s *store.DB, imageID, id, output string) error {
	if output != "table" && output != "json" {
		return landwaiter.Errorf(landwaiter.Invalid, "--explain prints table or json, not %s", output)
	}
	if len(id) > 4 && strings.EqualFold(id[:4], "CVE-") {
		id = strings.ToUpper(id)
	}
	evidence, err := s.Verdicts().Evidence(e.ctx, imageID, id, scan.Matcher)
	if err != nil {
		return err
	}
	img, err := s.Images().Get(e.ctx, imageID)
	if err != nil {
		return err
	}
	active, err := s.Suppressions().Active(e.ctx)
	if err != nil {
		return err
	}
	out := []explanationJSON{}
	for _, ev := range evidence {
		if x, ok := match.Explain(ev.Package.Package, ev.Advisories, ev.Enrichment, id); ok {
			f := explanationOf(id, ev, x)
			f.Suppressed = suppressedBy(active, img, ev.Package.Package, x.Vulnerability)
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		return landwaiter.Errorf(landwaiter.NotFound,
			"no advisory in the store names %s for a package of this image; see 'landwaiter db status'", id)
	}
	return outputFlag{output}.print(e.stdout, out, func(w io.Writer) {
		for i, f := range out {
			if i > 0 {
				fmt.Fprintln(w)
			}
			f.table(w)
		}
	})
}

// suppressedBy returns the first suppression of the finding; nil if there is none.
func suppressedBy(active []landwaiter.Suppression, img landwaiter.Image, p landwaiter.Package,
	v landwaiter.Vulnerability) *suppressedJSON {
	for _, s := range active {
		if v.ID != "" && s.CoversFlaw(v.ID, v.Aliases) && s.CoversPackage(p) && s.CoversImage(img) {
			return &suppressedJSON{s.ID, s.Status, s.Reason, s.Source}
		}
	}
	return nil
}

func explanationOf(id string, ev store.Evidence, x match.Explanation) explanationJSON {
	v := x.Vulnerability
	cve := ev.Enrichment[cmp.Or(v.ID, id)]
	f := explanationJSON{
		ID: cmp.Or(v.ID, id), Package: ev.Package.Name, Version: ev.Package.Version, Ecosystem: ev.Package.Ecosystem,
		Path: ev.Package.Path, Layer: ev.Package.Layer, Affected: v.ID != "",
		Severity: v.Severity, SeverityFrom: x.SeverityFrom, CVSS: v.CVSS, CVSSVector: v.CVSSVector,
		ScoreFrom: x.ScoreFrom, Category: v.Category, CategoryFrom: x.CategoryFrom, KEV: timestamp(cve.KEV),
		EPSS: cve.EPSS, Exploit: cve.Exploit, Fixed: v.Fixed, Upgrade: v.Upgrade, VersionOrder: x.Order,
		Records: []recordJSON{}, Dismissed: []dismissalJSON{},
	}
	for _, r := range x.Records {
		f.Records = append(f.Records, recordJSON{
			Advisory: r.Advisory.ID, Publisher: r.Publisher, Ecosystem: r.Ecosystem, Package: r.Name, Version: r.Version,
			Rule: r.Why, Fixed: r.Fixed, Flaws: r.Flaws, Modified: timestamp(r.Advisory.Modified),
			URL: "https://osv.dev/vulnerability/" + r.Advisory.ID,
		})
	}
	for _, d := range x.Dismissed {
		f.Dismissed = append(f.Dismissed, dismissalJSON{d.Advisory.ID, d.Why})
	}
	return f
}

func (f explanationJSON) table(w io.Writer) {
	line := func(label, format string, args ...any) {
		fmt.Fprintf(w, "  %-10s %s\n", label, landwaiter.Printable(fmt.Sprintf(format, args...)))
	}
	fmt.Fprintln(w, landwaiter.Printable(fmt.Sprintf("%s in %s %s", f.ID, f.Package, f.Version)))
	if !f.Affected {
		line("verdict", "not affected")
	} else {
		line("verdict", "affected, %s", f.grade())
		line("severity", "from %s", cmp.Or(f.SeverityFrom, "nothing: no record grades it"))
		if f.ScoreFrom != "" && f.ScoreFrom != f.SeverityFrom {
			line("score", "from %s", f.ScoreFrom)
		}
		if f.Category != "" {
			line("class", "%s, by %s", f.Category, f.CategoryFrom)
		}
		line("fixed in", "%s", cmp.Or(f.Fixed, "no version yet"))
	}
	if s := f.Suppressed; s != nil {
		line("suppressed", "%s: %s (%s)", strings.ReplaceAll(string(s.Status), "_", " "), s.Reason, s.Source)
	}
	if f.Upgrade != "" {
		line("upgrade to", "%s, which fixes all flaws of the package that have a fix", f.Upgrade)
	}
	if f.KEV != nil || f.Exploit != "" || f.EPSS > 0 {
		line("exploited", "%s", f.exploitation())
	}
	line("found in", "%s, layer %s", cmp.Or(f.Path, "-"), cmp.Or(f.Layer, "-"))
	line("versions", "compared in the order of %s", f.VersionOrder)
	for _, r := range f.Records {
		line("because", "%s", r)
		line("", "%s", r.URL)
	}
	for _, d := range f.Dismissed {
		line("set aside", "%s: %s", d.Advisory, d.Reason)
	}
}

func (f explanationJSON) grade() string {
	if f.CVSS == 0 {
		return f.Severity.String()
	}
	return fmt.Sprintf("%s, CVSS %.1f (%s)", f.Severity, f.CVSS, f.CVSSVector)
}

func (f explanationJSON) exploitation() string {
	var parts []string
	if f.KEV != nil {
		parts = append(parts, "in CISA's catalogue since "+day(*f.KEV))
	}
	if f.Exploit != "" {
		parts = append(parts, "SSVC says "+f.Exploit)
	}
	if f.EPSS > 0 {
		parts = append(parts, fmt.Sprintf("EPSS %.3f", f.EPSS))
	}
	return strings.Join(parts, ", ")
}

// String describes the record and the rule by which it covers the package.
func (r recordJSON) String() string {
	text := r.Advisory
	if r.Publisher != "" {
		text += " (" + r.Publisher + ")"
	}
	text += fmt.Sprintf(": %s %s of %s is %s", r.Package, r.Version, r.Ecosystem, r.Rule)
	if r.Flaws > 1 {
		text += fmt.Sprintf("; the record covers %d flaws", r.Flaws)
	}
	return text
}
