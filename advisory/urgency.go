package advisory

import (
	"encoding/json"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// specific is what we use of database_specific and ecosystem_specific, whose
// shape is the publisher's own. Fields of unexpected types are as if missing.
type specific struct {
	severity      string
	urgency       string
	informational string  // RustSec: "unmaintained", "unsound", "notice"
	cvss3         float64 // ruby-advisory-db: a score without vector
	cwes          []string
	binaries      json.RawMessage // Ubuntu: what is built from the source
}

// UnmarshalJSON reads any JSON value.
func (s *specific) UnmarshalJSON(raw []byte) error {
	var fields struct {
		Severity      json.RawMessage `json:"severity"`
		Urgency       json.RawMessage `json:"urgency"`
		Informational json.RawMessage `json:"informational"`
		CVSSv3        json.RawMessage `json:"cvss_v3"`
		CWEIDs        json.RawMessage `json:"cwe_ids"` // GitHub
		CWEs          json.RawMessage `json:"cwes"`    // others
		Binaries      json.RawMessage `json:"binaries"`
	}
	if json.Unmarshal(raw, &fields) != nil {
		return nil //nolint:nilerr // an array or a word: nothing for us
	}
	s.severity, s.urgency, s.informational = text(fields.Severity), text(fields.Urgency), text(fields.Informational)
	if json.Unmarshal(fields.CVSSv3, &s.cvss3) != nil {
		s.cvss3 = 0
	}
	s.binaries = fields.Binaries
	s.cwes = append(cweList(fields.CWEIDs), cweList(fields.CWEs)...)
	return nil
}

func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// word returns the publisher's word for how grave a flaw is, "" for none.
func (s *specific) word() string {
	for _, w := range []string{s.urgency, s.severity, s.informational} {
		if w != "" {
			return clip(strings.ToLower(w), maxID)
		}
	}
	switch {
	case s.cvss3 >= 9:
		return "critical"
	case s.cvss3 >= 7:
		return "high"
	case s.cvss3 >= 4:
		return "medium"
	case s.cvss3 > 0:
		return "low"
	}
	return ""
}

// recordUrgency returns the word of a record: its own, else the first of the
// title, where the errata of Red Hat and its rebuilds have it ("Important:
// kernel security update").
func recordUrgency(r *record) string {
	if w := r.Database.word(); w != "" {
		return w
	}
	first, _, ok := strings.Cut(r.Summary, ":")
	if !ok {
		return ""
	}
	if s, known := landwaiter.ParseSeverity(first); known && s != landwaiter.Unknown {
		return strings.ToLower(first)
	}
	return ""
}

func (f *affected) urgency() string {
	if w := f.Ecosystem.word(); w != "" {
		return w
	}
	return f.Database.word()
}
