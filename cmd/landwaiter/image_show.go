package main

import (
	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
	"github.com/landwaiter/landwaiter/report"
	"github.com/landwaiter/landwaiter/store"
)

type imageShowCmd struct {
	Image          string `arg:"" help:"Image ID, the beginning of one (six digits or more), or name."`
	Explain        string `placeholder:"CVE" help:"Say why the image has this flaw, or why not."`
	ShowSuppressed bool   `help:"List the findings that do not count, and why."`
	Output         string `short:"o" default:"table" enum:"table,json,sarif,cyclonedx,spdx" help:"table, json, sarif, cyclonedx or spdx."`
	engineFlags
}

// Help shows examples.
func (imageShowCmd) Help() string {
	return `Examples:
  landwaiter image show shop/web:1.4
  landwaiter image show 3fb8c1d2 --output sarif
  landwaiter image show shop/web:1.4 --explain CVE-2024-3094
  landwaiter image show shop/web:1.4 --show-suppressed`
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
	rep, err := storedReport(e, s, c.engineFlags, id)
	if err != nil {
		return err
	}
	look := e.rendering()
	look.Suppressed = c.ShowSuppressed
	return report.Write(e.stdout, report.Format(c.Output), []*landwaiter.Report{rep}, look)
}

// findImage returns the ID of the one image that the words of a user mean.
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
	return "", landwaiter.Errorf(
		landwaiter.Invalid,
		"%q may be any of %d images: %v; give more of the image ID",
		text,
		len(ids),
		ids,
	)
}

// storedReport reads what is known of an image; all of its layers count as
// known before.
func storedReport(e *environ, s *store.DB, flags engineFlags, id string) (*landwaiter.Report, error) {
	// Nothing is scanned, so nothing needs the spool in the data directory.
	engine, err := analyze.New(analyze.Options{HashLists: flags.HashList})
	if err != nil {
		return nil, err
	}
	rep, err := s.Reports().Get(e.ctx, id, engine.Analysers())
	if err != nil {
		return nil, err
	}
	rep.Known = map[string]bool{}
	for _, l := range rep.Layers {
		rep.Known[l.DiffID] = true
	}
	return rep, nil
}

// rendering is how reports look on the standard output.
func (e *environ) rendering() report.Options {
	width, _ := terminal(e.stdout)
	return report.Options{
		Color: color(e.stdout), Width: width, Version: versionText(), SuppressedHint: "listed with --show-suppressed",
	}
}
