package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/landwaiter/landwaiter"
)

// outputFlag is --output of the commands that print a table or JSON.
type outputFlag struct {
	Output string `short:"o" default:"table" enum:"table,json" help:"Output format: table or json."`
}

// print writes v as JSON or calls table, as the flag says.
func (f outputFlag) print(w io.Writer, v any, table func(w io.Writer)) error {
	if f.Output == "json" {
		enc := json.NewEncoder(landwaiter.PrintableJSON(w))
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	}
	table(w)
	return nil
}

// columns prints rows in aligned columns, without control characters.
func columns(w io.Writer, header []string, rows [][]string) {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(tw, strings.Join(header, "\t"))
	for _, r := range rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = landwaiter.Printable(c)
		}
		fmt.Fprintln(tw, strings.Join(cells, "\t"))
	}
	tw.Flush()
}

// when formats a time for people; "-" for the zero time.
func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// timestamp is a time for JSON; nil (null) for the zero time.
func timestamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
