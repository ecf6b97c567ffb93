package analyze

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/config"
	"github.com/landwaiter/landwaiter/analyze/malware"
	"github.com/landwaiter/landwaiter/analyze/packages"
	"github.com/landwaiter/landwaiter/analyze/rule"
	"github.com/landwaiter/landwaiter/analyze/secret"
	"github.com/landwaiter/landwaiter/layer"
)

// maxFindings bounds what one analyser reports for one layer, packages aside. A
// tree of 100,000 world-writable files is one mistake, and a hundred thousand
// copies of one virus one infection: the first thousand show it.
const maxFindings = 1000

// pass is the state of one walk over a layer.
type pass struct {
	engine   *Engine
	ctx      context.Context
	want     []string
	coverage map[string]*notes
	packages *packages.Collector // nil when not wanted
	check    *malware.Check      // nil when not wanted
	secrets  bool
	files    bool
	content  content
	malware  []landwaiter.Malware
	risks    map[string][]landwaiter.Risk // by analyser
}

func (e *Engine) newPass(ctx context.Context, want []string) (*pass, error) {
	want, err := e.wanted(want)
	if err != nil {
		return nil, err
	}
	p := &pass{
		engine: e, ctx: ctx, want: want, coverage: map[string]*notes{}, risks: map[string][]landwaiter.Risk{},
		secrets: slices.Contains(want, Secrets), files: slices.Contains(want, Files),
		content: content{spool: e.spool, buffer: e.buffers.Get().(*buffer)},
	}
	for _, name := range want {
		p.coverage[name] = &notes{}
	}
	if slices.Contains(want, Packages) {
		p.packages = e.packages.NewCollector()
	}
	if slices.Contains(want, Malware) {
		p.check = e.malware.NewCheck()
	}
	return p, nil
}

func (p *pass) close() {
	p.content.close()
	p.engine.buffers.Put(p.content.buffer)
}

// entry shows one entry to the analysers. An error is one of the layer.
func (p *pass) entry(r io.Reader, e *layer.Entry) error {
	if p.files && (e.Type == tar.TypeReg || e.Type == tar.TypeDir) {
		if risk, ok := config.File(e.Path, e.Mode, e.Type == tar.TypeDir); ok {
			p.addRisk(Files, risk)
		}
	}
	switch e.Type {
	case tar.TypeReg:
		return p.regular(r, e)
	case tar.TypeLink, tar.TypeSymlink:
		if p.packages != nil {
			if err := p.packages.Link(e.Path, e.Linkname, e.Type == tar.TypeLink); err != nil {
				p.coverage[Packages].add(string(e.Path), err.Error())
			}
		}
	}
	return nil
}

// interest says which analysers want the content of a file.
type interest struct {
	format *packages.Format // nil when the packages are of no interest
	hash   bool
	text   bool
}

func (i interest) kept() bool { return i.format != nil || i.text }
func (i interest) any() bool  { return i.kept() || i.hash }

// interestIn decides by the header alone.
func (p *pass) interestIn(e *layer.Entry) interest {
	var i interest
	if e.Size == 0 {
		return i
	}
	if p.packages != nil {
		if i.format = packages.FormatOf(e.Path); e.Size < i.format.Min() {
			i.format = nil
		}
	}
	i.hash = p.check != nil && p.engine.malware.Wants(e.Size)
	i.text = p.secrets
	return i
}

// narrow decides by the first bytes, too.
func (p *pass) narrow(i interest, e *layer.Entry, head []byte) interest {
	if i.format != nil && !i.format.Accepts(head) {
		i.format = nil
	}
	if i.format != nil && e.Size > i.format.Max() {
		p.coverage[Packages].add(string(e.Path), fmt.Sprintf("%d bytes exceed the limit of %d", e.Size, i.format.Max()))
		i.format = nil
	}
	i.text = i.text && secret.IsText(head)
	if i.text && e.Size > secret.MaxFile {
		p.coverage[Secrets].add(string(e.Path), fmt.Sprintf("%d bytes exceed the limit of %d", e.Size, secret.MaxFile))
		i.text = false
	}
	return i
}

// regular reads a file as far as someone wants it and shows it around.
func (p *pass) regular(r io.Reader, e *layer.Entry) error {
	i := p.interestIn(e)
	if !i.any() {
		return nil
	}
	head, err := p.content.readHead(r)
	if err != nil {
		return err
	}
	if i = p.narrow(i, e, head); !i.any() {
		return nil
	}
	var sink io.Writer
	if i.hash {
		p.check.Begin(e.Size)
		sink = p.check
	}
	if err := p.content.readRest(p.ctx, r, e.Size, i.kept(), sink); err != nil {
		return err
	}
	p.show(i, e)
	return nil
}

// show hands the content that was read to those who wanted it.
func (p *pass) show(i interest, e *layer.Entry) {
	if i.hash {
		if m, ok := p.check.Finish(e.Path); ok {
			p.addMalware(m)
		}
	}
	if i.text {
		p.guard(Secrets, e.Path, func() error {
			p.searchSecrets(e.Path)
			return nil
		})
	}
	if i.format != nil {
		p.guard(Packages, e.Path, func() error {
			return p.packages.File(p.ctx, i.format, p.content.of(string(e.Path), e.Mode))
		})
	}
}

// guard runs an analyser over one file and turns an error or a panic into a
// note in its coverage.
func (p *pass) guard(analyser string, path []byte, analyse func() error) {
	defer func() {
		if v := recover(); v != nil {
			p.coverage[analyser].add(string(path), fmt.Sprintf("the analyser panicked: %v", v))
		}
	}()
	if err := analyse(); err != nil {
		p.coverage[analyser].add(string(path), err.Error())
	}
}

func (p *pass) searchSecrets(path []byte) {
	for _, m := range secret.Scan(p.content.buf) {
		risk := rule.Get(m.Rule).Risk(m.Masked)
		risk.Path, risk.Line = string(path), m.Line
		p.addRisk(Secrets, risk)
	}
}

func (p *pass) addRisk(analyser string, risk landwaiter.Risk) {
	risk.Analyser = analyser
	if p.takes(analyser, risk.Path, len(p.risks[analyser])) {
		p.risks[analyser] = append(p.risks[analyser], risk)
	}
}

func (p *pass) addMalware(m landwaiter.Malware) {
	if p.takes(Malware, m.Path, len(p.malware)) {
		p.malware = append(p.malware, m)
	}
}

// takes reports whether an analyser that has so many findings may have one more,
// and notes the path when it may not.
func (p *pass) takes(analyser, path string, have int) bool {
	if have == maxFindings {
		p.coverage[analyser].add(path, fmt.Sprintf("not reported: more than %d findings", maxFindings))
	}
	return have < maxFindings
}

// report puts together what the pass found.
func (p *pass) report(sum layer.Sum, index landwaiter.PathIndex) *landwaiter.LayerReport {
	r := &landwaiter.LayerReport{
		DiffID: sum.DiffID, Digest: sum.Digest, Size: sum.Size, Files: sum.Entries,
		Index: index, Malware: p.malware,
	}
	if p.packages != nil {
		r.Packages = p.packages.Packages()
		r.OS, r.OSPath = p.packages.OS()
	}
	for _, name := range p.want {
		r.Risks = append(r.Risks, p.risks[name]...)
		n := p.coverage[name]
		if sum.Skipped > 0 {
			n.add("", fmt.Sprintf("%d entries with names too long or too deep were left out", sum.Skipped))
		}
		r.Coverage = append(r.Coverage, n.coverage(sum.DiffID, name))
	}
	return r
}
