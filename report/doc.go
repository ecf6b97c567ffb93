// Package report writes what scans found: a table for people, and JSON, SARIF
// 2.1.0, CycloneDX 1.6 and SPDX 2.3 for programs.
//
// Text from an image cannot move the cursor of a terminal or reorder the text
// beside it. The table and SARIF, whose texts viewers show decoded, contain
// printable text only ([landwaiter.Printable]). The other formats keep the
// original text, escaped ([landwaiter.PrintableJSON]).
package report

import (
	"io"
	"strings"

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
	// Suppressed makes the table list suppressed findings. The other formats
	// always list them.
	Suppressed bool
	// SuppressedHint tells the readers of a table without that list how to get
	// it; "" means no hint. It is a field because only the command line knows
	// the name of its flag.
	SuppressedHint string
}

// formats lists the output formats. A new format is one line here and one file
// with its function.
var formats = []struct {
	name  Format
	write func(w io.Writer, reports []*landwaiter.Report, opts Options) error
}{
	{Table, writeTable},
	{JSON, writeJSON},
	{SARIF, writeSARIF},
	{CycloneDX, ofOneImage(sbom.WriteCycloneDX)},
	{SPDX, ofOneImage(sbom.WriteSPDX)},
}

// Formats returns the names of the formats that Write knows.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = string(f.name)
	}
	return names
}

// Write writes the reports in a format. It returns Invalid for an unknown format,
// and for CycloneDX and SPDX, whose documents describe one image each, unless
// there is exactly one report.
func Write(w io.Writer, format Format, reports []*landwaiter.Report, opts Options) error {
	for _, f := range formats {
		if f.name == format {
			return f.write(w, reports, opts)
		}
	}
	return landwaiter.Errorf(landwaiter.Invalid, "unknown output format %q; choose one of %s",
		format, strings.Join(Formats(), ", "))
}

// ofOneImage adapts a format whose documents describe one image each. Readers
// of these formats expect one document in a file, so it refuses several.
func ofOneImage(
	write func(w io.Writer, r *landwaiter.Report, version string) error,
) func(io.Writer, []*landwaiter.Report, Options) error {
	return func(w io.Writer, reports []*landwaiter.Report, opts Options) error {
		if len(reports) != 1 {
			return landwaiter.About(landwaiter.Errorf(landwaiter.Invalid,
				"a document of this format describes one image, not %d: write the images one by one", len(reports)),
				landwaiter.SettingFormat)
		}
		return write(w, reports[0], opts.Version)
	}
}
