package analyze

import (
	"archive/tar"
	"context"
	"fmt"
	"io"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/analysis"
	"github.com/landwaiter/landwaiter/layer"
)

// pass is one walk over a layer. It passes each entry to the runs of all wanted
// analysers. At any time it knows the current file and run.
type pass struct {
	suite   *Suite
	ctx     context.Context
	runs    []run
	content content
	budget  budget
	watch   Watch

	at    int // index of the current run
	entry *layer.Entry
	part  []byte // the current part of the content: the head, or a chunk
	file  analysis.File
}

// run is an analyser at work on the layer.
type run struct {
	analysis.Run
	name     string
	findings *analysis.Findings
	want     analysis.Want // of the entry
}

func (s *Suite) newPass(ctx context.Context, want []string, watch Watch) (*pass, error) {
	analysers, err := s.wanted(want)
	if err != nil {
		return nil, err
	}
	p := &pass{
		suite: s, ctx: ctx, watch: watch, runs: make([]run, len(analysers)),
		budget:  budget{free: s.free},
		content: content{spool: s.spool, file: s.file, shared: s.file != nil, buffer: s.buffers.Get().(*buffer)},
	}
	for i, a := range analysers {
		name := a.Describe().Name
		findings := analysis.NewFindings(name)
		p.runs[i] = run{Run: a.Start(findings), name: name, findings: findings}
	}
	return p, nil
}

func (p *pass) close() {
	p.content.close()
	p.suite.buffers.Put(p.content.buffer)
}

// visit passes one entry to the runs, and reads as much of its content as they want.
// An error means that the layer cannot be read.
func (p *pass) visit(r io.Reader, e *layer.Entry) error {
	p.entry = e
	p.each((*pass).ask)
	if e.Type == tar.TypeLink {
		p.each((*pass).link)
	}
	if e.Type != tar.TypeReg || e.Size == 0 || p.most() == analysis.None {
		return nil
	}
	var err error
	if p.part, err = p.content.readHead(r); err != nil || len(p.part) == 0 {
		return err
	}
	p.each((*pass).narrow)
	p.each((*pass).afford)
	most := p.most()
	if most == analysis.None {
		return nil
	}
	if err := p.content.readRest(p.ctx, r, e.Size, most == analysis.Whole, p.stream()); err != nil {
		return err
	}
	p.each((*pass).show)
	return nil
}

// most returns the most that any run wants of the content.
func (p *pass) most() analysis.Content {
	most := analysis.None
	for i := range p.runs {
		most = max(most, p.runs[i].want.Content)
	}
	return most
}

// each calls step for every run. A run that panics is done with the entry, and its
// coverage says so.
func (p *pass) each(step func(*pass, *run)) {
	for p.at = 0; p.at < len(p.runs); p.at++ {
		p.contained(step)
	}
}

// contained calls step for the runs from p.at on, up to the first that panics. One
// deferred recover for all runs keeps ordinary entries fast.
func (p *pass) contained(step func(*pass, *run)) {
	defer p.recover()
	for ; p.at < len(p.runs); p.at++ {
		step(p, &p.runs[p.at])
	}
}

func (p *pass) recover() {
	if v := recover(); v != nil {
		p.done()
		p.runs[p.at].drop(p.path(), fmt.Sprintf("the analyser panicked: %v", v))
	}
}

// path returns the path of the current entry; "" after the last.
func (p *pass) path() string {
	if p.entry == nil {
		return ""
	}
	return string(p.entry.Path)
}

// drop ends the run's work on an entry, and notes why in the coverage.
func (r *run) drop(path, reason string) {
	r.want = analysis.Want{}
	r.findings.Note(path, reason)
}

func (p *pass) ask(r *run) {
	r.want = analysis.Want{} // in case Entry panics
	r.want = r.Entry(p.entry)
}

func (p *pass) link(r *run) { r.findings.SecondName(p.entry.Path, p.entry.Linkname) }

// narrow asks the run again, by the first bytes, and holds it to its limit.
func (p *pass) narrow(r *run) {
	switch limit := r.want.Max; {
	case r.want.Content == analysis.None:
	case !r.Head(p.entry, p.part):
		r.want = analysis.Want{}
	case limit > 0 && p.entry.Size > limit:
		r.drop(p.path(), fmt.Sprintf("%d bytes exceed the limit of %d", p.entry.Size, limit))
	}
}

// stream returns the pass itself as the writer that passes content on to the runs
// that want to see it as it is read; nil if there are none.
func (p *pass) stream() io.Writer {
	for i := range p.runs {
		if p.runs[i].want.Content == analysis.Stream {
			return p
		}
	}
	return nil
}

// Write passes a part of the content on. It never fails.
func (p *pass) Write(part []byte) (int, error) {
	p.part = part
	p.each((*pass).pour)
	return len(part), nil
}

func (p *pass) pour(r *run) {
	if r.want.Content != analysis.Stream {
		return
	}
	if _, err := r.Run.(io.Writer).Write(p.part); err != nil {
		r.drop(p.path(), err.Error())
	}
}

func (p *pass) show(r *run) {
	if r.want.Content == analysis.None || p.skips(r, p.entry.Path, p.entry.Size) {
		return
	}
	p.file = analysis.File{Entry: p.entry, Size: p.content.passed}
	if r.want.Content == analysis.Whole {
		p.file.Data, p.file.Bytes = p.content.data()
	}
	if err := r.File(p.ctx, &p.file); err != nil {
		r.findings.Note(p.path(), err.Error())
	}
	p.done()
}

func (p *pass) finish(r *run) {
	if f, ok := r.Run.(analysis.Finisher); ok && !p.skips(r, nil, 0) {
		f.Finish()
		p.done()
	}
}

// skips reports whether a run must skip a file. If not, it marks the beginning of the
// run's work on the file.
func (p *pass) skips(r *run, path []byte, size int64) bool {
	if p.watch.Skipped != nil {
		if reason, skip := p.watch.Skipped(path, r.name); skip {
			r.drop(string(path), reason)
			return true
		}
	}
	if p.watch.Mark != nil {
		p.watch.Mark(path, r.name, size)
	}
	return false
}

// done marks that no run is working on a file.
func (p *pass) done() {
	if p.watch.Mark != nil {
		p.watch.Mark(nil, "", 0)
	}
}

// report puts together what the pass found. cut says why it did not come to the
// end of the layer.
func (p *pass) report(sum layer.Sum, index landwaiter.PathIndex, cut error) *landwaiter.LayerReport {
	p.entry = nil
	p.each((*pass).finish)
	rep := &landwaiter.LayerReport{
		DiffID: sum.DiffID, Digest: sum.Digest, Size: sum.Size, Files: sum.Entries, Index: index,
	}
	for _, r := range p.runs {
		if cut != nil {
			r.findings.Cut(fmt.Sprintf("not looked at after the first %d entries: %v", sum.Entries, cut))
		}
		r.findings.Report(rep, sum)
	}
	return rep
}
