package main

import (
	"fmt"
	"io"
	"runtime"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/store"
	"github.com/landwaiter/landwaiter/tcss"
)

// planFact is what a task would cost, as printed.
type planFact struct {
	Images       int            `json:"images"`
	Unauthorized int            `json:"unauthorized"`
	Busy         int            `json:"busy"`
	Unreachable  int            `json:"unreachable"`
	Layers       int            `json:"layers"`
	KnownLayers  int            `json:"knownLayers"`
	Bytes        int64          `json:"bytes"`
	Minutes      float64        `json:"minutes"` // -1: nothing was measured yet
	Why          map[string]int `json:"why"`
	Sources      []string       `json:"sourcesWithErrors"`
}

// plan says what the task would cost; it reads the store, as no action of the
// API tells it.
func (c *taskCreateCmd) plan(e *environ, req *tcss.CreateAssetImageScanTaskRequest) error {
	sel, err := tcss.Selection(req)
	if err != nil {
		return err
	}
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	spool, err := e.spool()
	if err != nil {
		return err
	}
	engine, err := analyze.New(analyze.Options{Spool: spool})
	if err != nil {
		return err
	}
	p, err := (&scan.Scanner{Store: s, Engine: engine, Log: e.log()}).Plan(e.ctx, sel)
	if err != nil {
		return err
	}
	sources, err := s.Sources(e.ctx)
	if err != nil {
		return err
	}
	fact := planOf(p, sources)
	return c.print(e.stdout, fact, fact.print)
}

func planOf(p landwaiter.Plan, sources []store.Source) planFact {
	f := planFact{
		Images: p.Images, Unauthorized: p.Unauthorized, Busy: p.Busy, Unreachable: p.Unreachable, Layers: p.Layers,
		KnownLayers: p.KnownLayers, Bytes: p.Bytes, Minutes: -1, Why: p.Why, Sources: []string{},
	}
	if p.Bytes == 0 {
		f.Minutes = 0
	} else if p.Rate > 0 {
		f.Minutes = float64(p.Bytes) / float64(p.Rate) / float64(runtime.GOMAXPROCS(0)) / 60
	}
	for _, s := range sources {
		if s.Error != "" {
			f.Sources = append(f.Sources, s.Name)
		}
	}
	return f
}

func (f planFact) print(w io.Writer) {
	fmt.Fprintf(w, "%d images to scan", f.Images)
	for _, left := range []struct {
		n    int
		what string
	}{{f.Unauthorized, "not authorized"}, {f.Busy, "being scanned already"}, {f.Unreachable, "of them at no source any more"}} {
		if left.n > 0 {
			fmt.Fprintf(w, ", %d %s", left.n, left.what)
		}
	}
	fmt.Fprintf(w, "\n%d layers, %d of them known, %.1f MB to read", f.Layers, f.KnownLayers, float64(f.Bytes)/1e6)
	if f.Minutes >= 0 {
		fmt.Fprintf(w, ", about %.1f minutes on this machine", f.Minutes)
	}
	fmt.Fprintln(w)
	for _, why := range sortedKeys(f.Why) {
		fmt.Fprintf(w, "  %d because %s\n", f.Why[why], why)
	}
	for _, name := range f.Sources {
		fmt.Fprintf(w, "  source %s did not answer at its last sync; see 'landwaiter source list'\n", name)
	}
}
