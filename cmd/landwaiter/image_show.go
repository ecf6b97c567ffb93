package main

import (
	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
	"github.com/landwaiter/landwaiter/report"
	"github.com/landwaiter/landwaiter/store"
)

type imageShowCmd struct {
	Image          string `arg:"" help:"Image name, image ID, or its first six or more digits."`
	Explain        string `placeholder:"CVE" help:"Explain why the image has this vulnerability, or why not."`
	ShowSuppressed bool   `help:"List the suppressed findings and their reasons."`
	Output         string `short:"o" default:"table" enum:"${formats}" help:"Output format: ${formatNames}."`
	gateFlags
	ageFlag
	analyserFlags
}

// Help shows examples.
func (imageShowCmd) Help() string {
	return `Examples:
  landwaiter image show shop/web:1.4
  landwaiter image show 3fb8c1d2 --output sarif
  landwaiter image show shop/web:1.4 --explain CVE-2024-3094
  landwaiter image show shop/web:1.4 --show-suppressed
  landwaiter image show shop/web:1.4 --fail-on high

Exit codes: 0 done, 1 error, 2 wrong usage, 3 a finding at or above --fail-on, 4 (--fail-on only) incomplete.`
}

// Run shows an image.
func (c *imageShowCmd) Run(e *environ) error {
	s, err := e.reading()
	if err != nil {
		return err
	}
	defer s.Close()
	id, err := findImage(e, s, c.Image)
	if err != nil {
		return err
	}
	if c.Explain != "" {
		return explain(e, s, id, c.Explain, c.Output)
	}
	rep, err := storedReport(e, s, c.analyserFlags, id)
	if err != nil {
		return err
	}
	c.apply(rep)
	look := e.rendering()
	look.Suppressed = c.ShowSuppressed
	if err := report.Write(e.stdout, report.Format(c.Output), []*landwaiter.Report{rep}, look); err != nil {
		return err
	}
	return c.verdict(e, rep)
}

// findImage returns the ID of the only image that text names.
func findImage(e *environ, s *store.DB, text string) (string, error) {
	ids, err := s.Images().Find(e.ctx, text)
	if err != nil {
		return "", err
	}
	switch len(ids) {
	case 0:
		return "", landwaiter.Errorf(landwaiter.NotFound, "no image %q; see 'landwaiter image list'", text)
	case 1:
		return ids[0], nil
	}
	return "", landwaiter.Errorf(landwaiter.Invalid, "%q matches %d images: %v; give more digits of the image ID", text,
		len(ids), ids)
}

// storedReport reads the report of an image from the store. All of its layers
// count as known.
func storedReport(e *environ, s *store.DB, flags analyserFlags, id string) (*landwaiter.Report, error) {
	// Nothing is scanned, so no spool directory is needed.
	analysers, err := analyze.New(analyze.Options{HashLists: flags.HashList})
	if err != nil {
		return nil, err
	}
	rep, err := s.Reports().Get(e.ctx, id, analysers.Analysers())
	if err != nil {
		return nil, err
	}
	rep.Known = map[string]bool{}
	for _, l := range rep.Layers {
		rep.Known[l.DiffID] = true
	}
	return rep, nil
}

// rendering returns the options of reports on the standard output.
func (e *environ) rendering() report.Options {
	width, _ := terminal(e.stdout)
	return report.Options{
		Color: color(e.stdout), Width: width, Version: versionText(), SuppressedHint: "listed with --show-suppressed",
	}
}
