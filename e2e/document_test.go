package e2e

import (
	"encoding/json"
	"testing"
)

// document is the output of scan --output json. Scripts depend on this format, so
// it is defined here a second time.
type document struct {
	Schema string      `json:"schema"`
	Images []scanImage `json:"images"`
}

type scanImage struct {
	Target  string   `json:"target"`
	ImageID string   `json:"imageID"`
	Names   []string `json:"names"`
	Base    struct {
		ImageID string   `json:"imageID"`
		Names   []string `json:"names"`
		Layers  int      `json:"layers"`
	} `json:"base"`
	OS struct {
		ID      string `json:"id"`
		Version string `json:"version"`
	} `json:"os"`
	Layers          []scanLayer         `json:"layers"`
	Packages        []scanPackage       `json:"packages"`
	Vulnerabilities []scanVulnerability `json:"vulnerabilities"`
	Upgrades        []scanUpgrade       `json:"upgrades"`
	Suppressed      []scanSuppressed    `json:"suppressed"`
	Malware         []scanMalware       `json:"malware"`
	Risks           []scanRisk          `json:"risks"`
	Complete        bool                `json:"complete"`
	Verdicts        []scanVerdict       `json:"verdicts"`
	Coverage        []scanCoverage      `json:"coverage"`
	Confinement     string              `json:"confinement"`
	Reason          string              `json:"confinementReason"`
}

type scanVerdict struct {
	Kind     string   `json:"kind"`
	Complete bool     `json:"complete"`
	Checked  bool     `json:"checked"`
	Reasons  []string `json:"reasons"`
	Notes    []string `json:"notes"`
}

type scanLayer struct {
	DiffID string `json:"diffID"`
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
	Known  bool   `json:"known"`
	Base   bool   `json:"base"`

	Instruction string `json:"instruction"`
}

type scanPackage struct {
	PURL      string `json:"purl"`
	Ecosystem string `json:"ecosystem"`
	Name      string `json:"name"`
	Version   string `json:"version"`
	Source    string `json:"source"`
	Layer     string `json:"layer"`
	Path      string `json:"path"`
	Dev       bool   `json:"dev"`
	Owner     string `json:"owner"`
	Origin    string `json:"origin"`
}

type scanVulnerability struct {
	ID       string   `json:"id"`
	Aliases  []string `json:"aliases"`
	Type     string   `json:"type"`
	Package  string   `json:"package"`
	Version  string   `json:"version"`
	Fixed    string   `json:"fixed"`
	Upgrade  string   `json:"upgrade"`
	Severity string   `json:"severity"`
	CVSS     float64  `json:"cvss"`
	Vector   string   `json:"cvssVector"`
	KEV      bool     `json:"kev"`
	Exploit  string   `json:"exploit"`
	EPSS     float64  `json:"epss"`
	Category string   `json:"category"`
	Layer    string   `json:"layer"`
	Path     string   `json:"path"`
	Advisory string   `json:"advisory"`
	Summary  string   `json:"summary"`

	Published   string `json:"published"`
	Instruction string `json:"instruction"`
	FromBase    bool   `json:"fromBase"`
}

type scanUpgrade struct {
	Package  string `json:"package"`
	Version  string `json:"version"`
	Upgrade  string `json:"upgrade"`
	Severity string `json:"severity"`
	Closes   int    `json:"closes"`
	Open     int    `json:"open"`
}

type scanSuppressed struct {
	scanVulnerability
	Suppression struct {
		ID     string `json:"id"`
		Status string `json:"status"`
		Reason string `json:"reason"`
		Source string `json:"source"`
	} `json:"suppression"`
}

type scanMalware struct {
	Path     string `json:"path"`
	Name     string `json:"name"`
	Engine   string `json:"engine"`
	Severity string `json:"severity"`
	SHA256   string `json:"sha256"`
	Layer    string `json:"layer"`
	State    string `json:"state"`

	Instruction string `json:"instruction"`
	FromBase    bool   `json:"fromBase"`
}

type scanRisk struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Path     string `json:"path"`
	Line     int    `json:"line"`
	Message  string `json:"message"`
	Layer    string `json:"layer"`
	State    string `json:"state"`

	Instruction string `json:"instruction"`
	FromBase    bool   `json:"fromBase"`
}

type scanCoverage struct {
	Layer    string `json:"layer"`
	Analyser string `json:"analyser"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
}

// parseDocument decodes the output of scan, which must have the documented form.
func parseDocument(t testing.TB, out string) document {
	t.Helper()
	checkShape[document](t, "scan", []byte(out))
	var doc document
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if doc.Schema != "landwaiter.scan/v1" {
		t.Errorf("schema %q", doc.Schema)
	}
	return doc
}

// scan scans targets, which must succeed, and returns the images.
func (s store) scan(t testing.TB, args ...string) []scanImage {
	t.Helper()
	return parseDocument(t, s.do(t, append([]string{"scan", "--output", "json"}, args...)...)).Images
}
