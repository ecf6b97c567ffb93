package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/history"
)

// schema names the JSON format. Within v1, fields are added but never renamed or
// removed.
//
// Every field is always present, empty if there is nothing to say, so that a
// consumer can tell "none" from a version that does not know the field.
const schema = "landwaiter.scan/v1"

type jsonImage struct {
	Target          string              `json:"target"`
	ImageID         string              `json:"imageID"`
	Names           []string            `json:"names"`
	Base            jsonBase            `json:"base"`
	OS              jsonOS              `json:"os"`
	Layers          []jsonLayer         `json:"layers"`
	Packages        []jsonPackage       `json:"packages"`
	Vulnerabilities []jsonVulnerability `json:"vulnerabilities"`
	Upgrades        []jsonUpgrade       `json:"upgrades"`
	Suppressed      []jsonSuppressed    `json:"suppressed"`
	Malware         []jsonMalware       `json:"malware"`
	Risks           []jsonRisk          `json:"risks"`
	// Complete is true when all that was asked for could be looked at wholly.
	Complete bool           `json:"complete"`
	Verdicts []jsonVerdict  `json:"verdicts"`
	Coverage []jsonCoverage `json:"coverage"`
	// Confinement is "full", "partial" or "none"; "" when all layers were known.
	Confinement       string `json:"confinement"`
	ConfinementReason string `json:"confinementReason"` // why it is not full
}

// jsonBase is the base image. Without one, layers is 0.
type jsonBase struct {
	ImageID string   `json:"imageID"` // "" when the base is known from the image's history only
	Names   []string `json:"names"`
	Layers  int      `json:"layers"` // how many of the bottom layers belong to the base
}

type jsonOS struct {
	ID      string `json:"id"`
	Version string `json:"version"`
}

type jsonLayer struct {
	DiffID string `json:"diffID"`
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
	Known  bool   `json:"known"`
	Base   bool   `json:"base"` // belongs to the base image
	// Step is the build step that made the layer, with secrets masked; "" when
	// the image's history does not say which one did.
	Step string `json:"instruction"`
}

type jsonPackage struct {
	PURL      string `json:"purl"`
	Ecosystem string `json:"ecosystem"`
	Name      string `json:"name"`
	Version   string `json:"version"`
	Source    string `json:"source"`
	Layer     string `json:"layer"`
	Path      string `json:"path"`
	Dev       bool   `json:"dev"`   // for development only, by its lock file
	Owner     string `json:"owner"` // the distribution package that brought it; ""
	// Origin is where it comes from if not from the public registry: "project",
	// "local", "git", "url", "private"; "".
	Origin string `json:"origin"`
}

type jsonVulnerability struct {
	ID       string              `json:"id"`
	Aliases  []string            `json:"aliases"`
	Type     string              `json:"type"` // of the package URL
	Package  string              `json:"package"`
	Version  string              `json:"version"`
	Fixed    string              `json:"fixed"`
	Upgrade  string              `json:"upgrade"`
	Severity landwaiter.Severity `json:"severity"`
	CVSS     float64             `json:"cvss"`
	Vector   string              `json:"cvssVector"`
	KEV      bool                `json:"kev"`
	Exploit  string              `json:"exploit"` // SSVC: "none", "poc", "active"; "" when unknown
	EPSS     float64             `json:"epss"`    // 0 when unknown
	Category string              `json:"category"`
	Layer    string              `json:"layer"`
	Path     string              `json:"path"`
	Advisory string              `json:"advisory"`
	Summary  string              `json:"summary"`
	Time     string              `json:"published"` // RFC 3339; "" when unknown
	Step     string              `json:"instruction"`
	Base     bool                `json:"fromBase"` // the package is in a layer of the base image
}

type jsonMalware struct {
	Path     string                  `json:"path"`
	Name     string                  `json:"name"`
	Engine   string                  `json:"engine"`
	Severity landwaiter.Severity     `json:"severity"`
	SHA256   string                  `json:"sha256"`
	Layer    string                  `json:"layer"`
	State    landwaiter.FindingState `json:"state"`
	Step     string                  `json:"instruction"`
	Base     bool                    `json:"fromBase"`
}

type jsonRisk struct {
	Rule     string                  `json:"rule"`
	Severity landwaiter.Severity     `json:"severity"`
	Path     string                  `json:"path"`
	Line     int                     `json:"line"`
	Message  string                  `json:"message"`
	Layer    string                  `json:"layer"`
	State    landwaiter.FindingState `json:"state"`
	Step     string                  `json:"instruction"`
	Base     bool                    `json:"fromBase"`
}

// jsonCoverage is one entry for each layer and analyser, the complete ones
// included: without them, a clean report could not be told from one in which
// nothing was looked at.
type jsonCoverage struct {
	Layer    string                   `json:"layer"`
	Analyser string                   `json:"analyser"`
	State    landwaiter.CoverageState `json:"state"`
	Reason   string                   `json:"reason"`
}

// writeJSON writes {"schema": ..., "images": [...]}, indented. It encodes the
// images one by one, so that it needs memory for the largest only: a fleet has
// thousands of them.
func writeJSON(w io.Writer, reports []*landwaiter.Report, _ Options) error {
	var one bytes.Buffer
	enc := json.NewEncoder(landwaiter.PrintableJSON(&one))
	enc.SetIndent("    ", "  ")
	enc.SetEscapeHTML(false)
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "{\n  \"schema\": %q,\n  \"images\": [", schema)
	separator, end := "\n    ", "]\n}\n"
	for _, r := range reports {
		one.Reset()
		if err := enc.Encode(imageJSON(r)); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s%s", separator, bytes.TrimSuffix(one.Bytes(), []byte("\n")))
		separator, end = ",\n    ", "\n  ]\n}\n"
	}
	fmt.Fprint(out, end)
	return out.Flush()
}

// imageJSON fills every list, so that an empty one becomes [] and not null, which
// jq and typed clients would have to treat specially.
func imageJSON(r *landwaiter.Report) jsonImage {
	steps := history.Layers(r.Image)
	return jsonImage{
		Target: r.Target, ImageID: r.ID, Names: texts(r.Names),
		Base: jsonBase{ImageID: r.Base.ImageID, Names: texts(r.Base.Names), Layers: r.Base.Layers},
		OS:   jsonOS{ID: r.Distro.ID, Version: r.Distro.Version},
		Layers: list(r.Layers, func(l landwaiter.LayerRef) jsonLayer {
			return jsonLayer{
				DiffID: l.DiffID, Digest: l.Digest, Size: l.Size, Known: r.Known[l.DiffID], Base: r.FromBase(l.DiffID),
				Step: steps[l.DiffID],
			}
		}),
		Packages: list(r.Packages, func(p landwaiter.ImagePackage) jsonPackage {
			return jsonPackage{PURL: p.PURL, Ecosystem: p.Ecosystem, Name: p.Name, Version: p.Version, Source: p.SourceName,
				Layer: p.Layer, Path: p.Path, Dev: p.Dev, Owner: p.Owner, Origin: p.Origin}
		}),
		Vulnerabilities: list(r.Vulnerabilities, func(v landwaiter.ImageVulnerability) jsonVulnerability {
			return vulnerabilityJSON(v, steps[v.Layer], r.FromBase(v.Layer))
		}),
		Upgrades: list(r.Upgrades(), upgradeJSON),
		Suppressed: list(r.Suppressed, func(v landwaiter.SuppressedVulnerability) jsonSuppressed {
			finding := vulnerabilityJSON(v.ImageVulnerability, steps[v.Layer], r.FromBase(v.Layer))
			return jsonSuppressed{finding, suppressionJSON(v.By)}
		}),
		Malware: list(r.Malware, func(m landwaiter.Malware) jsonMalware {
			return jsonMalware{
				Path: m.Path, Name: m.Name, Engine: m.Engine, Severity: m.Severity, SHA256: m.SHA256, Layer: m.Layer,
				State: m.State, Step: steps[m.Layer], Base: r.FromBase(m.Layer),
			}
		}),
		Risks: list(r.Risks, func(k landwaiter.Risk) jsonRisk {
			return jsonRisk{
				Rule: k.Rule, Severity: k.Severity, Path: k.Path, Line: k.Line, Message: k.Message, Layer: k.Layer, State: k.State,
				Step: riskStep(k, steps), Base: r.FromBase(k.Layer),
			}
		}),
		Confinement: r.Confinement, ConfinementReason: r.ConfinementReason,
		Complete: r.Incomplete() == 0, Verdicts: verdictsJSON(r),
		Coverage: list(r.Coverage, func(c landwaiter.Coverage) jsonCoverage {
			return jsonCoverage{Layer: c.Layer, Analyser: c.Analyser, State: c.State, Reason: c.Reason}
		}),
	}
}

// vulnerabilityJSON leaves Details and References out: they are long, the same for
// every image, and found under Advisory.
func vulnerabilityJSON(v landwaiter.ImageVulnerability, step string, base bool) jsonVulnerability {
	out := jsonVulnerability{
		ID: v.ID, Aliases: texts(v.Aliases), Advisory: v.Advisory, Summary: v.Summary,
		Type: v.Type, Package: v.Package, Version: v.Version, Fixed: v.Fixed, Upgrade: v.Upgrade,
		Severity: v.Severity, CVSS: v.CVSS, Vector: v.CVSSVector, Category: v.Category,
		KEV: v.KEV, Exploit: v.Exploit, EPSS: v.EPSS,
		Layer: v.Layer, Path: v.Path, Step: step, Base: base,
	}
	if !v.Published.IsZero() {
		out.Time = v.Published.UTC().Format(time.RFC3339)
	}
	return out
}

// riskStep returns the build step of a risk: its own, or that of its layer. It
// masks the step once more: a read-only store may still hold steps that an older
// version, which masked less, has written.
func riskStep(k landwaiter.Risk, steps map[string]string) string {
	return cmp.Or(history.Text(k.Instruction), steps[k.Layer])
}

// texts returns a copy of the list that is never nil, for the same reason.
func texts(in []string) []string { return append([]string{}, in...) }

func list[T, U any](in []T, fn func(T) U) []U {
	out := make([]U, len(in))
	for i, v := range in {
		out[i] = fn(v)
	}
	return out
}
