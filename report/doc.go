// Package report writes what scans found: a table for people, and JSON, SARIF
// 2.1.0, CycloneDX 1.6 and SPDX 2.3 for programs.
//
// Text from an image cannot move the cursor of a terminal or reorder what is
// beside it: the table and SARIF, whose texts viewers show, hold printable text
// only ([landwaiter.Printable]); the other formats keep what was found, escaped
// ([landwaiter.PrintableJSON]).
package report

import (
	"io"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/sbom"
)

// Format is an output format by name.
type Format string

// The formats.
const (
	Table     Format = "table"
	JSON      Format = "json"
	SARIF     Format = "sarif"
	CycloneDX Format = "cyclonedx"
	SPDX      Format = "spdx"
)

// Options of a rendering.
type Options struct {
	Color   bool   // ANSI colours, for the table
	Width   int    // columns of the terminal; 0 means 80
	Version string // of Landwaiter, for formats that name the tool
	// Suppressed makes the table list what does not count; JSON and SARIF
	// always do.
	Suppressed bool
	// SuppressedHint tells readers of a table without Suppressed how to get
	// the list; "" means nothing.
	SuppressedHint string
}

// Write writes the reports in a format. CycloneDX and SPDX documents describe
// one image each: for any other number it returns Invalid.
func Write(w io.Writer, format Format, reports []*landwaiter.Report, opts Options) error {
	switch format {
	case Table:
		return writeTable(w, reports, opts)
	case JSON:
		return writeJSON(w, reports)
	case SARIF:
		return writeSARIF(w, reports, opts)
	case CycloneDX, SPDX:
		if len(reports) != 1 {
			return landwaiter.About(landwaiter.Errorf(landwaiter.Invalid,
				"the format %s describes one image, not %d: write them one by one", format, len(reports)),
				landwaiter.SettingFormat)
		}
		if format == SPDX {
			return sbom.WriteSPDX(w, reports[0], opts.Version)
		}
		return sbom.WriteCycloneDX(w, reports[0], opts.Version)
	}
	return landwaiter.Errorf(landwaiter.Invalid, "output %q: want table, json, sarif, cyclonedx or spdx", format)
}
