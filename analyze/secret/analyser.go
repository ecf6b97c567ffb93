package secret

import (
	"archive/tar"
	"context"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/analysis"
	"github.com/landwaiter/landwaiter/analyze/rule"
	"github.com/landwaiter/landwaiter/layer"
)

// MaxFile is the size in bytes of the largest file that is searched. Configuration
// and source files are smaller; what is larger is data. It is also the size up to
// which a file is kept in memory.
const MaxFile = analysis.InMemory

// Analyser finds secrets in text files.
type Analyser struct{}

// Describe names the analyser.
func (Analyser) Describe() landwaiter.Analyser {
	return landwaiter.Analyser{Name: landwaiter.AnalyserSecrets, Version: Version, Kind: landwaiter.ScanRisk}
}

// Start begins a layer.
func (Analyser) Start(findings *analysis.Findings) analysis.Run { return run{findings} }

type run struct{ findings *analysis.Findings }

func (run) Entry(e *layer.Entry) analysis.Want {
	if e.Type != tar.TypeReg {
		return analysis.Want{}
	}
	return analysis.Want{Content: analysis.Whole, Max: MaxFile}
}

func (run) Head(_ *layer.Entry, head []byte) bool { return isText(head) }

func (r run) File(_ context.Context, f *analysis.File) error {
	matches, err := scan(f.Bytes)
	for _, m := range matches {
		risk := rule.Get(m.Rule).Risk(m.Masked)
		risk.Path, risk.Line = string(f.Entry.Path), m.Line
		r.findings.AddRisk(risk)
	}
	return err
}
