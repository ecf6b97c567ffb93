package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/history"
	"github.com/landwaiter/landwaiter/sbom"
)

// writeSARIF writes a log with one run for each image. A code-scanning service
// compares the runs of one image over time by automationDetails, and needs them
// apart from those of other images.
func writeSARIF(w io.Writer, reports []*landwaiter.Report, opts Options) error {
	log := sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{}}
	for _, r := range reports {
		log.Runs = append(log.Runs, newSARIFRun(r, opts))
	}
	enc := json.NewEncoder(landwaiter.PrintableJSON(w))
	enc.SetIndent("", "  ")
	return enc.Encode(log)
}

// sarifBuilder makes the run of one image.
type sarifBuilder struct {
	report *landwaiter.Report
	run    sarifRun
	rules  map[string]int
	seen   map[string]int    // how often each fingerprint was given so far
	steps  map[string]string // build step by diffID
}

func newSARIFRun(r *landwaiter.Report, opts Options) sarifRun {
	name := landwaiter.Printable(cmp.Or(r.Target, first(r.Names), r.ID))
	b := sarifBuilder{
		report: r, rules: map[string]int{}, seen: map[string]int{}, steps: history.Layers(r.Image),
		run: sarifRun{
			Tool: sarifTool{sarifDriver{
				Name: "Landwaiter", Version: cmp.Or(opts.Version, "0"),
				InformationURI: "https://github.com/landwaiter/landwaiter", Rules: []sarifRule{},
			}},
			Automation: sarifAutomation{ID: "landwaiter/" + name + "/"},
			BaseIDs:    map[string]sarifBase{imageBase: {Description: sarifText{"The root of the image's file system"}}},
			Results:    []sarifResult{},
			Properties: properties("imageID", r.ID, "imageName", name, "os", r.Distro.String()),
		},
	}
	for _, v := range r.Vulnerabilities {
		b.vulnerability(v)
	}
	b.suppressed(r.Suppressed)
	for _, m := range r.Malware {
		b.malware(m)
	}
	for _, k := range r.Risks {
		b.risk(k)
	}
	b.run.Invocations = []sarifInvocation{{ExecutionSuccessful: true, ToolExecutionNotifications: notifications(r)}}
	return b.run
}

// notifications carry the gaps in the coverage. SARIF has no other place for "not
// looked at", and results alone would make a broken scan look clean. An analyser
// that skips a single layer does so by its rules, which is not a gap.
func notifications(r *landwaiter.Report) []sarifNotification {
	out := []sarifNotification{}
	for _, c := range r.Coverage {
		where := ""
		if c.Layer != "" {
			where = " in layer " + c.Layer
		}
		level := "warning"
		switch {
		case c.State == landwaiter.Failed || c.State == landwaiter.Partial:
		case c.State == landwaiter.Skipped && c.Layer == "", c.State == landwaiter.Noted:
			level = "note"
		default:
			continue
		}
		message := printableText(fmt.Sprintf("%s %s%s: %s", c.Analyser, c.State, where, c.Reason))
		out = append(out, sarifNotification{Level: level, Message: message})
	}
	return out
}

func (b *sarifBuilder) vulnerability(v landwaiter.ImageVulnerability) {
	summary := cmp.Or(v.Summary, v.ID)
	fix := "no fixed version is known"
	if v.Fixed != "" {
		fix = "fixed in " + v.Fixed
	}
	rule := sarifRule{
		ID: landwaiter.Printable(v.ID), ShortDescription: printableText(summary),
		HelpURI:    "https://osv.dev/vulnerability/" + url.PathEscape(cmp.Or(v.Advisory, v.ID)),
		Properties: ruleProperties("vulnerability", v.Severity, v.CVSS),
	}
	b.add(rule, v.Severity, sarifResult{
		Message:   printableText(fmt.Sprintf("%s %s: %s; %s", v.Package, v.Version, summary, fix)),
		Locations: location(v.Path, 0),
		Properties: properties("package", v.Package, "version", v.Version, "fixed", v.Fixed, "upgrade", v.Upgrade,
			"ecosystem", v.Ecosystem, "severity", v.Severity.String(), "advisory", v.Advisory, "cvssVector", v.CVSSVector,
			"kev", sbom.Flag(v.KEV), "exploit", v.Exploit, "epss", sbom.Probability(v.EPSS), "category", v.Category,
			"layer", v.Layer, "instruction", b.steps[v.Layer], "fromBase", sbom.Flag(b.report.FromBase(v.Layer))),
	}, v.Ecosystem, v.Package, v.Path)
}

func (b *sarifBuilder) malware(m landwaiter.Malware) {
	rule := sarifRule{
		ID: landwaiter.Printable("malware/" + m.Engine), ShortDescription: sarifText{"Malware"},
		Properties: ruleProperties("malware", m.Severity, 0),
	}
	b.add(rule, m.Severity, sarifResult{
		Message:   printableText(fmt.Sprintf("%s (%s)", m.Name, m.State)),
		Locations: location(m.Path, 0),
		Properties: properties("name", m.Name, "severity", m.Severity.String(), "sha256", m.SHA256, "state", string(m.State),
			"layer", m.Layer, "instruction", b.steps[m.Layer], "fromBase", sbom.Flag(b.report.FromBase(m.Layer))),
	}, m.Name, m.Path)
}

func (b *sarifBuilder) risk(k landwaiter.Risk) {
	state := cmp.Or(k.State, landwaiter.Present)
	rule := sarifRule{
		ID: landwaiter.Printable(k.Rule), ShortDescription: printableText(k.Rule),
		Properties: ruleProperties("risk", k.Severity, 0),
	}
	for _, known := range riskRules {
		if known.ID == k.Rule {
			rule.ShortDescription, rule.Help = sarifText{known.Title}, &sarifText{known.Advice}
		}
	}
	b.add(rule, k.Severity, sarifResult{
		Message:   printableText(fmt.Sprintf("%s (%s)", k.Message, state)),
		Locations: location(k.Path, k.Line),
		Properties: properties("severity", k.Severity.String(), "state", string(state),
			"layer", k.Layer, "instruction", riskStep(k, b.steps), "fromBase", sbom.Flag(b.report.FromBase(k.Layer))),
	}, k.Path, k.Instruction)
}

// add adds a result, and its rule the first time. Identity is what stays the same
// if the finding is still there after a rebuild of the image: layers, versions
// and line numbers are not part of it. Services match results by the fingerprint
// made of it (section 3.27.17 of the standard), so that a finding that somebody
// has dismissed does not come back with the next build.
func (b *sarifBuilder) add(rule sarifRule, severity landwaiter.Severity, result sarifResult, identity ...string) {
	idx, ok := b.rules[rule.ID]
	if !ok {
		idx = len(b.run.Tool.Driver.Rules)
		b.rules[rule.ID] = idx
		b.run.Tool.Driver.Rules = append(b.run.Tool.Driver.Rules, rule)
	}
	result.RuleID, result.RuleIndex, result.Level = rule.ID, idx, sarifLevel(severity)
	sum := sha256.Sum256([]byte(strings.Join(append(identity, rule.ID), "\x00")))
	fingerprint := hex.EncodeToString(sum[:16])
	// A count tells results of the same identity apart, such as two secrets in
	// one file.
	result.Fingerprints = map[string]string{"landwaiter/v1": fmt.Sprintf("%s:%d", fingerprint, b.seen[fingerprint])}
	b.seen[fingerprint]++
	b.run.Results = append(b.run.Results, result)
}

// location points into the image's file system. It is empty for a finding in the
// image configuration, which is not a file there.
func location(path string, line int) []sarifLocation {
	if path == "" {
		return []sarifLocation{}
	}
	loc := sarifLocation{sarifPhysical{Artifact: sarifArtifact{URI: uriPath(path), BaseID: imageBase}}}
	if line > 0 {
		loc.Physical.Region = &sarifRegion{StartLine: line}
	}
	return []sarifLocation{loc}
}

// uriPath makes a path of an image a relative URI, as artifactLocation.uri requires
// (section 3.4.3): it escapes spaces and "%", and no part of it reads as a scheme.
func uriPath(path string) string { return (&url.URL{Path: path}).String() }

// sarifLevel maps a severity to the three levels of SARIF (section 3.27.10). High
// is an error, too: by default, services block a change on errors only.
func sarifLevel(s landwaiter.Severity) string {
	switch {
	case s >= landwaiter.High:
		return "error"
	case s == landwaiter.Medium:
		return "warning"
	}
	return "note"
}
