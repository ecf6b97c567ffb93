package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/rule"
)

// defaultWidth applies when the output is not a terminal, or its width is unknown.
const defaultWidth = 80

type table struct {
	w     *bufio.Writer
	color bool
	width int
	all   bool   // list suppressed findings, too
	hint  string // how to get that list
}

func writeTable(w io.Writer, reports []*landwaiter.Report, opts Options) error {
	t := table{
		w: bufio.NewWriter(w), color: opts.Color, width: cmp.Or(opts.Width, defaultWidth),
		all: opts.Suppressed, hint: opts.SuppressedHint,
	}
	for i, r := range reports {
		if i > 0 {
			t.line("")
		}
		t.image(r)
	}
	return t.w.Flush()
}

func (t *table) line(format string, args ...any) { fmt.Fprintf(t.w, format+"\n", args...) }

// image prints one image: the findings, then the layers that they are from. The
// gaps in the coverage come last, right above the prompt, where they are not
// scrolled away.
func (t *table) image(r *landwaiter.Report) {
	title := cmp.Or(r.Target, first(r.Names), r.ID)
	t.line("%s", t.bold(landwaiter.Printable(title)))
	if r.ID != "" { // an SBOM need not name it
		t.line("  image %s", shortID(r.ID))
	}
	distro := cmp.Or(r.Distro.String(), "no distribution")
	t.line("  %s, %s%s", landwaiter.Printable(distro), Count(len(r.Packages), "package"), layerCount(r))
	t.base(r)
	places := layerLabels(r)
	t.vulnerabilities(r, places)
	t.upgrades(r)
	t.suppressed(r)
	t.malware(r, places)
	t.risks(r, places)
	t.layers(r, places)
	t.coverage(r)
}

// layerCount returns the number of layers, and how many of them did not have to
// be read. For an SBOM the latter says nothing: no layer was read.
func layerCount(r *landwaiter.Report) string {
	switch {
	case len(r.Layers) == 0:
		return ""
	case r.Known == nil:
		return ", " + Count(len(r.Layers), "layer")
	}
	known := 0
	for _, l := range r.Layers {
		if r.Known[l.DiffID] {
			known++
		}
	}
	return fmt.Sprintf(", %s (%d known before)", Count(len(r.Layers), "layer"), known)
}

// base prints which layers and vulnerabilities come from the base image: those
// are fixed by a newer base, not in one's own Dockerfile.
func (t *table) base(r *landwaiter.Report) {
	if r.Base.Layers == 0 {
		return
	}
	name := "base image"
	if r.Base.ImageID != "" {
		name = "base " + landwaiter.Printable(cmp.Or(first(r.Base.Names), shortID(r.Base.ImageID)))
	}
	from := 0
	for _, v := range r.Vulnerabilities {
		if r.FromBase(v.Layer) {
			from++
		}
	}
	bottom := "bottom layer"
	if r.Base.Layers > 1 {
		bottom = fmt.Sprintf("bottom %d layers", r.Base.Layers)
	}
	line := fmt.Sprintf("  %s: %s", name, bottom)
	if len(r.Vulnerabilities) > 0 {
		line += fmt.Sprintf(", %d of %s", from, Count(len(r.Vulnerabilities), "vulnerability"))
	}
	t.line("%s", line)
}

func (t *table) vulnerabilities(r *landwaiter.Report, places map[string]string) {
	if !r.Kinds.Has(landwaiter.ScanVul) {
		return
	}
	t.line("")
	t.headline("Vulnerabilities", Headline(r, landwaiter.ScanVul, t.summary(r.Vulnerabilities)))
	rows := make([][]string, 0, len(r.Vulnerabilities))
	for _, v := range r.Vulnerabilities {
		id := v.ID
		if why := exploitation(v.Vulnerability); why != "" {
			id += " " + why
		}
		rows = append(rows, []string{
			v.Severity.String(), id, v.Package, v.Version, cmp.Or(v.Fixed, "no fix"), places[v.Layer],
		})
	}
	t.columns([]string{"SEVERITY", "ID", "PACKAGE", "VERSION", "FIXED IN", "LAYER"}, rows)
}

// exploitation says why a flaw is listed above others of a higher severity; "" for
// most.
func exploitation(v landwaiter.Vulnerability) string {
	switch {
	case v.KEV:
		return "KEV"
	case v.Exploit == "active":
		return "exploited"
	case v.Exploit == "poc":
		return "exploit"
	case v.EPSS >= landwaiter.LikelyExploited:
		return fmt.Sprintf("EPSS %.0f%%", 100*v.EPSS)
	}
	return ""
}

// headline prints what a scan of one kind found.
func (t *table) headline(title, text string) {
	for _, line := range wrap(landwaiter.Printable(title+": "+text), t.width-2) {
		t.line("  %s", line)
	}
}

// found is a number of findings for [Headline].
func found(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// summary counts by severity, worst first; "" when there are none.
func (t *table) summary(list []landwaiter.ImageVulnerability) string {
	if len(list) == 0 {
		return ""
	}
	var n [landwaiter.Critical + 1]int
	for _, v := range list {
		n[v.Severity]++
	}
	var parts []string
	for s := landwaiter.Critical; s >= landwaiter.Unknown; s-- {
		if n[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[s], s))
		}
	}
	return fmt.Sprintf("%d (%s)", len(list), strings.Join(parts, ", "))
}

func (t *table) malware(r *landwaiter.Report, places map[string]string) {
	if !r.Kinds.Has(landwaiter.ScanVirus) {
		return
	}
	t.line("")
	t.headline("Malware", Headline(r, landwaiter.ScanVirus, found(len(r.Malware))))
	if len(r.Malware) == 0 {
		return
	}
	rows := make([][]string, len(r.Malware))
	for i, m := range r.Malware {
		rows[i] = []string{m.Severity.String(), m.Name, places[m.Layer], hidden(m.Path, m.State)}
	}
	t.columns([]string{"SEVERITY", "NAME", "LAYER", "PATH"}, rows)
}

func (t *table) risks(r *landwaiter.Report, places map[string]string) {
	if !r.Kinds.Has(landwaiter.ScanRisk) {
		return
	}
	t.line("")
	t.headline("Risks", Headline(r, landwaiter.ScanRisk, found(len(r.Risks))))
	if len(r.Risks) == 0 {
		return
	}
	var rows [][]string
	for _, group := range groupRisks(r.Risks) {
		first := group[0]
		rows = append(rows, []string{first.Severity.String(), first.Rule, layersOf(group, places), describeRisks(group)})
	}
	t.columns([]string{"SEVERITY", "RULE", "LAYER", "WHAT"}, rows)
}

// groupRisks groups the findings by rule, highest severity first: a thousand
// world-writable files are one mistake and one line.
func groupRisks(risks []landwaiter.Risk) [][]landwaiter.Risk {
	index := map[string]int{}
	var groups [][]landwaiter.Risk
	for _, k := range risks {
		i, ok := index[k.Rule]
		if !ok {
			i = len(groups)
			index[k.Rule] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], k)
	}
	slices.SortStableFunc(groups, func(a, b []landwaiter.Risk) int { return cmp.Compare(b[0].Severity, a[0].Severity) })
	return groups
}

// maxPlaces is how many places the table names for one rule. The other formats name
// all of them.
const maxPlaces = 8

// describeRisks says what is wrong, and then where.
func describeRisks(group []landwaiter.Risk) string {
	if len(group) == 1 {
		if place := placeOf(group[0]); place != "" {
			return place + ": " + group[0].Message
		}
		return group[0].Message
	}
	what := group[0].Message
	for _, r := range rule.All() {
		if r.ID == group[0].Rule {
			what = r.Title + ". " + r.Advice + "."
		}
	}
	var places []string
	for _, k := range group[:min(len(group), maxPlaces)] {
		places = append(places, cmp.Or(placeOf(k), k.Message))
	}
	if more := len(group) - maxPlaces; more > 0 {
		places = append(places, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("%d times: %s In %s", len(group), what, strings.Join(places, ", "))
}

func placeOf(k landwaiter.Risk) string {
	if k.Path == "" {
		return ""
	}
	if k.Line > 0 {
		return hidden(fmt.Sprintf("%s:%d", k.Path, k.Line), k.State)
	}
	return hidden(k.Path, k.State)
}

func hidden(path string, state landwaiter.FindingState) string {
	if state == landwaiter.Hidden {
		return path + " (deleted above, still in a lower layer)"
	}
	return path
}

// coverage shows what was not looked at wholly, and what is of interest though
// nothing is missing by it.
func (t *table) coverage(r *landwaiter.Report) {
	for _, c := range r.Coverage {
		var text string
		severity := landwaiter.Medium
		switch {
		case c.Reason == "" && !c.Incomplete():
			continue
		case c.State == landwaiter.Skipped && c.Incomplete():
			text = "not looked at: " + c.Analyser
		case c.Incomplete():
			text = "incomplete: " + c.Analyser
		default:
			text, severity = "note: "+c.Analyser, landwaiter.Unknown
		}
		if c.Layer != "" {
			text += " in layer " + shortID(c.Layer)
		}
		for _, line := range wrap(landwaiter.Printable(text+": "+c.Reason), t.width-2) {
			t.line("  %s", t.paint(severity, line))
		}
	}
}

var severityColor = map[landwaiter.Severity]string{
	landwaiter.Critical: "\x1b[1;31m", landwaiter.High: "\x1b[31m",
	landwaiter.Medium: "\x1b[33m", landwaiter.Low: "\x1b[36m",
}

func (t *table) paint(s landwaiter.Severity, text string) string {
	code := severityColor[s]
	if !t.color || code == "" || text == "" {
		return text
	}
	return code + text + "\x1b[0m"
}

func (t *table) bold(text string) string {
	if !t.color {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

func shortID(digest string) string {
	if len(digest) > 19 {
		return digest[:19]
	}
	return digest
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
