package packages

import (
	"archive/tar"
	"context"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/analysis"
	"github.com/landwaiter/landwaiter/layer"
)

// Analyser finds packages. It is safe for concurrent use.
type Analyser struct{}

// Describe names the analyser. Packages serve two kinds of scan: for
// vulnerabilities, and for malicious packages.
func (Analyser) Describe() landwaiter.Analyser {
	return landwaiter.Analyser{
		Name: landwaiter.AnalyserPackages, Version: Version, Kind: landwaiter.ScanVul | landwaiter.ScanVirus,
	}
}

// Start begins a layer.
func (Analyser) Start(findings *analysis.Findings) analysis.Run {
	return &run{collector: NewCollector(), findings: findings}
}

// run is the analysis of one layer.
type run struct {
	collector *Collector
	findings  *analysis.Findings
	format    *Format // of the entry
}

func (r *run) Entry(e *layer.Entry) analysis.Want {
	switch e.Type {
	case tar.TypeReg:
		r.format = FormatOf(e.Path)
		if e.Size >= r.format.min {
			return analysis.Want{Content: analysis.Whole, Max: r.format.Max()}
		}
	case tar.TypeLink, tar.TypeSymlink:
		if err := r.collector.Link(e.Path, e.Linkname, e.Type == tar.TypeLink); err != nil {
			r.findings.Note(string(e.Path), err.Error())
		}
	}
	return analysis.Want{}
}

func (r *run) Head(_ *layer.Entry, head []byte) bool { return r.format.Accepts(head) }

func (r *run) File(ctx context.Context, f *analysis.File) error {
	return r.collector.File(ctx, r.format, &File{
		Path: string(f.Entry.Path), Size: f.Size, Data: f.Data, Whole: f.Bytes,
	})
}

// Finish reports the packages: their owners are known when all files are.
func (r *run) Finish() {
	r.findings.Packages = r.collector.Packages()
	r.findings.OS, r.findings.OSPath = r.collector.OS()
}
