package landwaiter

import "time"

// Advisory is one OSV record, reduced to the fields that are used here. The OSV
// schema defines them: https://ossf.github.io/osv-schema/.
type Advisory struct {
	ID        string   `json:"id"`
	Aliases   []string `json:"aliases,omitempty"`  // the same flaw elsewhere
	Upstream  []string `json:"upstream,omitempty"` // flaws that this record is about (the CVE of a distribution's record)
	Related   []string `json:"related,omitempty"`
	Summary   string   `json:"summary,omitempty"`
	Details   string   `json:"details,omitempty"`
	Published time.Time
	Modified  time.Time
	Withdrawn time.Time  // zero unless the record was withdrawn
	Severity  []Vector   `json:"severity,omitempty"`
	Urgency   string     `json:"urgency,omitempty"` // the publisher's severity, e.g. "moderate"
	CWEs      []string   `json:"cwes,omitempty"`    // weaknesses, "CWE-79"
	Refs      []string   `json:"refs,omitempty"`
	Affected  []Affected `json:"affected,omitempty"`
}

// Malicious reports whether the record names a malicious package, not a flaw.
func (a *Advisory) Malicious() bool { return len(a.ID) > 4 && a.ID[:4] == "MAL-" }

// Vector is a severity as published.
type Vector struct {
	Type  string `json:"type"`  // CVSS_V2, CVSS_V3, CVSS_V4
	Score string `json:"score"` // the vector string
}

// Affected is one package of an advisory.
type Affected struct {
	Ecosystem string   `json:"ecosystem"` // as published: "Debian:12", "npm"
	Name      string   `json:"name"`
	Versions  []string `json:"versions,omitempty"` // enumerated
	Ranges    []Range  `json:"ranges,omitempty"`
	Severity  []Vector `json:"severity,omitempty"` // overrides the record's
	Urgency   string   `json:"urgency,omitempty"`

	// Binaries are the binary packages that Ubuntu builds from the source Name.
	// They are filed apart and not stored with the record.
	Binaries []string `json:"-"`
}

// Range is an OSV range; GIT ranges are dropped when a record is read.
type Range struct {
	Type   string  `json:"type"` // SEMVER or ECOSYSTEM
	Events []Event `json:"events"`
}

// Event is one point of a range; exactly one field is set.
type Event struct {
	Introduced   string `json:"introduced,omitempty"`
	Fixed        string `json:"fixed,omitempty"`
	LastAffected string `json:"last_affected,omitempty"`
	Limit        string `json:"limit,omitempty"`
}

// Enrichment is what is known of one CVE beyond the advisories that matched.
type Enrichment struct {
	CVE        string
	CVSSVector string
	CVSSFrom   string    // ID of the record that CVSSVector is from; "" for enrichment data
	KEV        time.Time // day it was added to the KEV catalogue; zero if it was not
	EPSS       float64   // probability of exploitation in 30 days; 0 when unknown
	Exploit    string    // SSVC "none", "poc", "active"; "" when unknown
	CWEs       []string  // weaknesses, "CWE-79"
	CWEsFrom   string    // ID of the record that CWEs is from; "" for enrichment data
}

// Lifecycle is one release line of a distribution or product.
type Lifecycle struct {
	Product string    // "debian", "alpine", as os-release's ID
	Cycle   string    // "12", "3.11"
	EOL     time.Time // first day without support
}
