package main

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

type imageCmd struct {
	List imageListCmd `cmd:"" help:"List the images of the sources and count their findings."`
	Show imageShowCmd `cmd:"" help:"Show the findings of an image, matched against the current advisories."`
	Diff imageDiffCmd `cmd:"" help:"Compare two images: findings fixed, added and remaining."`
}

// Help shows examples.
func (imageCmd) Help() string {
	return `Examples:
  landwaiter image list
  landwaiter image show shop/web:1.4
  landwaiter image diff shop/web:1.4 shop/web:1.5`
}

type imageListCmd struct {
	Name   string `placeholder:"TEXT" help:"Only images whose name contains TEXT."`
	Limit  int    `default:"100" help:"Number of images to list at most."`
	Offset int    `default:"0" help:"Number of images to skip."`
	outputFlag
}

// Help shows examples.
func (imageListCmd) Help() string {
	return `Examples:
  landwaiter image list
  landwaiter image list --name shop/ --limit 20
  landwaiter image list --output json`
}

// imageJSON is an image with the number of its findings in JSON.
type imageJSON struct {
	ImageID    string               `json:"imageID"`
	Names      []string             `json:"names"`
	OS         string               `json:"os"`
	State      landwaiter.ScanState `json:"state"`
	Reason     string               `json:"reason"`
	Scanned    *time.Time           `json:"scanned"`
	Packages   int                  `json:"packages"`
	Critical   int                  `json:"critical"`
	High       int                  `json:"high"`
	Medium     int                  `json:"medium"`
	Low        int                  `json:"low"`
	Unknown    int                  `json:"unknown"`
	Malware    int                  `json:"malware"`
	Risks      int                  `json:"risks"`
	Secrets    int                  `json:"secrets"`
	Authorized bool                 `json:"authorized"`
	// Complete is true when all kinds were scanned and could be looked at wholly.
	// Unchecked names the kinds whose counts mean nothing.
	Complete   bool              `json:"complete"`
	Incomplete map[string]string `json:"incomplete"` // reason by kind
	Unchecked  []string          `json:"unchecked"`
}

// Run lists images.
func (c *imageListCmd) Run(e *environ) error {
	s, err := e.reading()
	if err != nil {
		return err
	}
	defer s.Close()
	p := store.Page{Limit: c.Limit, Offset: c.Offset}
	if c.Name != "" {
		p.Filters = []landwaiter.Filter{{By: store.ByName, Values: []string{c.Name}}}
	}
	list, total, err := s.Images().List(e.ctx, p)
	if err != nil {
		return err
	}
	out := make([]imageJSON, len(list))
	rows := make([][]string, len(list))
	for i, img := range list {
		out[i] = imageJSONOf(img)
		rows[i] = imageRow(img)
	}
	return c.print(e.stdout, out, func(w io.Writer) {
		columns(w, []string{"IMAGE ID", "NAME", "STATE", "CRIT", "HIGH", "MED", "LOW", "MALW", "RISK"}, rows)
		if total > c.Offset+len(list) {
			fmt.Fprintf(w, "%d of %d images; list more with --offset %d\n", len(list), total, c.Offset+len(list))
		}
	})
}

func imageJSONOf(img store.ImageSummary) imageJSON {
	names := img.Names
	if names == nil {
		names = []string{}
	}
	incomplete := map[string]string{}
	for kind, reason := range img.Incomplete {
		incomplete[kind.String()] = reason
	}
	return imageJSON{
		Complete: img.Unchecked == 0 && len(incomplete) == 0, Incomplete: incomplete,
		Unchecked: mapped(img.Unchecked.Kinds(), landwaiter.ScanKind.String),
		ImageID:   img.ID, Names: names, OS: img.Distro, State: img.State, Reason: img.Reason,
		Scanned: timestamp(img.ScanTime), Packages: img.Components,
		Critical: img.Vulns[landwaiter.Critical], High: img.Vulns[landwaiter.High], Medium: img.Vulns[landwaiter.Medium],
		Low: img.Vulns[landwaiter.Low], Unknown: img.Vulns[landwaiter.Unknown],
		Malware: img.Viruses, Risks: img.Risks, Secrets: img.Sensitive, Authorized: img.Authorized,
	}
}

// shortImage returns the beginning of an image ID; commands accept it as well.
func shortImage(id string) string {
	if len(id) > 19 {
		return id[7:19]
	}
	return id
}

// imageRow is the table row of an image. With a name of 20 characters it fits
// into 80 columns.
func imageRow(img store.ImageSummary) []string {
	name := "-"
	if len(img.Names) > 0 {
		name = img.Names[0]
	}
	row := []string{shortImage(img.ID), name, string(img.State)}
	count := func(kind landwaiter.ScanKind, n int) string {
		if n == 0 && img.Unchecked.Has(kind) {
			return "-"
		}
		return strconv.Itoa(n)
	}
	for s := landwaiter.Critical; s >= landwaiter.Medium; s-- {
		row = append(row, count(landwaiter.ScanVul, img.Vulns[s]))
	}
	return append(row, count(landwaiter.ScanVul, img.Vulns[landwaiter.Low]+img.Vulns[landwaiter.Unknown]),
		count(landwaiter.ScanVirus, img.Viruses), count(landwaiter.ScanRisk, img.Risks+img.Sensitive))
}
