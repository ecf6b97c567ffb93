package landwaiter

import (
	"strings"
	"time"
)

// Severity grades a finding. The numbers are those of the TCSS wire (Level
// 1..4); zero means unknown.
type Severity int

// The severities, in ascending order.
const (
	Unknown Severity = iota
	Low
	Medium
	High
	Critical
)

var severityNames = [...]string{"unknown", "low", "medium", "high", "critical"}

// String returns the lower-case word.
func (s Severity) String() string {
	if s < Unknown || s > Critical {
		return severityNames[0]
	}
	return severityNames[s]
}

// MarshalText writes the lower-case word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a word in any case.
func (s *Severity) UnmarshalText(b []byte) error {
	v, ok := ParseSeverity(string(b))
	if !ok {
		return Errorf(Invalid, "severity %q: want low, medium, high or critical", b)
	}
	*s = v
	return nil
}

// ParseSeverity reads a severity word in any case, with the synonyms that
// advisories use ("moderate", "important", "middle", "negligible").
func ParseSeverity(word string) (Severity, bool) {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "critical":
		return Critical, true
	case "high", "important":
		return High, true
	case "medium", "moderate", "middle":
		return Medium, true
	case "low", "negligible", "minor", "unimportant":
		return Low, true
	case "unknown", "":
		return Unknown, true
	}
	return Unknown, false
}

// FindingState says whether a finding is in the image's file system, or only in
// a lower layer: deleted or replaced above, but still extractable.
type FindingState string

// The finding states.
const (
	Present FindingState = "present"
	Hidden  FindingState = "hidden"
)

// Vulnerability is one flaw in one package version. Records that are aliases
// of each other are one Vulnerability.
type Vulnerability struct {
	ID        string   // the CVE if there is one, else the advisory's own ID
	Aliases   []string // all other IDs of the same flaw, sorted
	Advisory  string   // ID of the advisory record that matched
	Ecosystem string
	Type      string // purl type of the package
	Package   string // binary package name
	Version   string
	Fixed     string // lowest version without the flaw; "" when there is none
	// Upgrade is the lowest version that fixes every fixable flaw of the package
	// version; "" when Fixed is "", or when no single version fixes them all.
	Upgrade    string
	Severity   Severity
	CVSS       float64 // base score of the best vector; 0 when unknown
	CVSSVector string
	KEV        bool    // listed in CISA's catalogue of known exploited vulnerabilities
	Exploit    string  // SSVC exploitation: "none", "poc", "active"; "" when unknown
	EPSS       float64 // probability of exploitation in 30 days; 0 when unknown
	Category   string  // class by its weaknesses, as TCSS names it: "CODE_INJECTION"; "" when none fits
	Summary    string
	Details    string
	References []string
	Published  time.Time
}

// LikelyExploited is the EPSS probability from which a flaw ranks like one with
// a public exploit. EPSS itself defines no threshold.
const LikelyExploited = 0.1

// AttackLevel grades how likely an attack is: 3 for a flaw exploited in the wild,
// 2 for one with a public exploit or a high EPSS probability, 1 for one known to
// have no exploit, 0 when nothing is known.
func (v *Vulnerability) AttackLevel() int {
	switch {
	case v.KEV, v.Exploit == "active":
		return 3
	case v.Exploit == "poc", v.EPSS >= LikelyExploited:
		return 2
	case v.Exploit == "none":
		return 1
	}
	return 0
}

// Malware is a malicious file or package.
type Malware struct {
	Path     string
	Name     string // detection name
	Engine   string // what recognised it: "hash", "eicar", "osv"
	Analyser string // name of the analyser that found it; kept per layer, not per image
	Severity Severity
	SHA256   string // hex; "" for a malicious package
	MD5      string // hex
	Size     int64  // bytes
	Layer    string // diffID; set when layers are merged
	State    FindingState
}

// Risk is a secret or a dangerous configuration.
type Risk struct {
	Rule        string // "root-user", "secret-env", "private-key", ...
	Analyser    string // name of the layer analyser that found it; "" for the image config
	Severity    Severity
	Path        string // "" for findings in the image config
	Line        int    // 1-based; 0 for findings without a line
	Message     string // what is wrong and what to do; secrets are masked
	Instruction string // the build step, secrets masked; "" for files
	Layer       string // diffID; "" for findings in the image config
	State       FindingState
}
