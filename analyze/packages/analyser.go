package packages

import (
	"archive/tar"
	"context"
	"strings"

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
	digest    bool    // the entry is a file of a store, whose name is a digest
}

func (r *run) Entry(e *layer.Entry) analysis.Want {
	switch e.Type {
	case tar.TypeReg:
		return r.file(e)
	case tar.TypeSymlink:
		r.note(e, r.collector.Link(e.Path, e.Linkname))
	case tar.TypeLink:
		r.note(e, r.collector.HardLink(context.Background(), string(e.Path), string(e.Linkname)))
	}
	return analysis.Want{}
}

func (r *run) file(e *layer.Entry) analysis.Want {
	r.format = FormatOf(e.Path)
	if taken, err := r.collector.ByPath(r.format, e.Path); taken {
		r.note(e, err)
		return analysis.Want{}
	}
	r.digest = r.format == formatLookup.other && isDigest(e.Path)
	if e.Size < r.format.min && !r.digest {
		return analysis.Want{}
	}
	return analysis.Want{Content: analysis.Whole, Max: r.format.Max()}
}

func (r *run) note(e *layer.Entry, err error) {
	if err != nil {
		r.findings.Note(string(e.Path), err.Error())
	}
}

func (r *run) Head(e *layer.Entry, head []byte) bool {
	if r.digest && e.Size <= maxKeptFile && worthKeeping(head) {
		return true
	}
	r.digest = false
	return r.format.Accepts(head)
}

func (r *run) File(ctx context.Context, f *analysis.File) error {
	file := &File{Path: string(f.Entry.Path), Size: f.Size, Data: f.Data, Whole: f.Bytes}
	if r.digest {
		r.collector.Keep(file)
		return nil
	}
	return r.collector.File(ctx, r.format, file)
}

// Finish reports the packages: their owners are known when all files are.
func (r *run) Finish() {
	r.findings.Packages = r.collector.Packages()
	r.findings.OS, r.findings.OSPath = r.collector.OS()
	advised, others := r.collector.Unread()
	if len(advised) > 0 {
		r.findings.Note("", "found and not read: "+strings.Join(advised, ", "))
	}
	if len(others) > 0 {
		r.findings.Tell("found and not read: " + strings.Join(others, ", "))
	}
}
