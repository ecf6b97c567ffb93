package analysis

import (
	"fmt"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/layer"
)

// MaxFindings bounds what one analyser reports for one layer, packages aside. A
// tree of 100,000 world-writable files is one mistake, and a hundred thousand
// copies of one virus one infection: the first thousand show it.
const MaxFindings = 1000

// Findings is where a run puts what it finds in a layer. It is for the goroutine
// of the run.
type Findings struct {
	// Packages are the installed packages. OS is what the layer says of the
	// distribution, and OSPath where; zero when it says nothing. One analyser
	// sets them, when it finishes.
	Packages []landwaiter.Package
	OS       landwaiter.OSRelease
	OSPath   string

	analyser string
	malware  []landwaiter.Malware
	risks    []landwaiter.Risk
	notes    notes
	byPath   map[string]found // of the first findings: see SecondName
	indexed  int              // how many are in byPath
}

// found are the findings of a file, as indexes.
type found struct{ malware, risks []int }

// NewFindings returns empty findings of the analyser of a name.
func NewFindings(analyser string) *Findings { return &Findings{analyser: analyser} }

// AddRisk reports a risk. It sets the name of the analyser.
func (f *Findings) AddRisk(risk landwaiter.Risk) {
	if risk.Analyser = f.analyser; f.hasRoom(risk.Path) {
		f.risks = append(f.risks, risk)
	}
}

// AddMalware reports a malicious file. It sets the name of the analyser.
func (f *Findings) AddMalware(m landwaiter.Malware) {
	if m.Analyser = f.analyser; f.hasRoom(m.Path) {
		f.malware = append(f.malware, m)
	}
}

// SecondName reports what was found in a file under another name of it, too: a
// hard link is the file itself, and stays when the first name is deleted.
func (f *Findings) SecondName(path, first []byte) {
	if len(f.malware)+len(f.risks) == 0 {
		return
	}
	of := f.index()[string(first)]
	for _, i := range of.malware {
		m := f.malware[i]
		m.Path = string(path)
		f.AddMalware(m)
	}
	for _, i := range of.risks {
		r := f.risks[i]
		r.Path = string(path)
		f.AddRisk(r)
	}
}

// index returns the findings by path.
func (f *Findings) index() map[string]found {
	if f.indexed == len(f.malware)+len(f.risks) {
		return f.byPath
	}
	f.byPath, f.indexed = map[string]found{}, len(f.malware)+len(f.risks)
	for i, m := range f.malware {
		of := f.byPath[m.Path]
		of.malware = append(of.malware, i)
		f.byPath[m.Path] = of
	}
	for i, r := range f.risks {
		of := f.byPath[r.Path]
		of.risks = append(of.risks, i)
		f.byPath[r.Path] = of
	}
	return f.byPath
}

// hasRoom reports whether one more finding is taken, and notes the path when not.
func (f *Findings) hasRoom(path string) bool {
	if len(f.risks)+len(f.malware) < MaxFindings {
		return true
	}
	f.notes.add(path, fmt.Sprintf("not reported: more than %d findings", MaxFindings))
	return false
}

// Note tells in the coverage that a file could not be fully looked at, and why.
// A path of "" means the layer as a whole.
func (f *Findings) Note(path, reason string) { f.notes.add(path, reason) }

// Tell tells in the coverage what the analyser recognised in the layer and does not
// read, where nothing is missed by that: the layer counts as looked at.
func (f *Findings) Tell(text string) { f.notes.told = append(f.notes.told, landwaiter.Printable(text)) }

// Cut says in the coverage, before all notes, that the layer was not looked at
// to its end, and why.
func (f *Findings) Cut(reason string) { f.notes.cut = shorten(reason) }

// Report adds the findings to the report of the layer, and a coverage entry that
// says what could be looked at.
func (f *Findings) Report(to *landwaiter.LayerReport, sum layer.Sum) {
	to.Packages = append(to.Packages, f.Packages...)
	if f.OSPath != "" {
		to.OS, to.OSPath = f.OS, f.OSPath
	}
	to.Malware = append(to.Malware, f.malware...)
	to.Risks = append(to.Risks, f.risks...)
	if sum.Skipped > 0 {
		f.Note("", fmt.Sprintf("%d entries with names too long or too deep were left out", sum.Skipped))
	}
	to.Coverage = append(to.Coverage, f.notes.coverage(sum.DiffID, f.analyser))
}
