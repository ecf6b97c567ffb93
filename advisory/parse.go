package advisory

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/match"
)

// Limits of one OSV record. The largest known records (kernel errata of
// distributions) have a few megabytes. Decoding multiplies: an object of two
// bytes ("{}") becomes a structure of about 200, a string of three bytes one of
// 20. The limits on braces and commas keep a hostile record below
// 200,000 x 200 B + 1,000,000 x 24 B = 64 MB.
const (
	MaxRecord  = 16 << 20 // bytes
	maxObjects = 200_000
	maxCommas  = 1_000_000

	maxID      = 128      // bytes; the longest known has 60
	maxDetails = 64 << 10 // bytes kept of the details; the longest known has 30 K
	maxRefs    = 100      // references kept
)

// record is an OSV record as published
// (https://ossf.github.io/osv-schema/), without unused fields.
type record struct {
	ID         string     `json:"id"`
	Aliases    []string   `json:"aliases"`
	Upstream   []string   `json:"upstream"`
	Related    []string   `json:"related"`
	Summary    string     `json:"summary"`
	Details    string     `json:"details"`
	Published  string     `json:"published"`
	Modified   string     `json:"modified"`
	Withdrawn  string     `json:"withdrawn"`
	Severity   []vector   `json:"severity"`
	References []ref      `json:"references"`
	Affected   []affected `json:"affected"`
	Database   specific   `json:"database_specific"`
}

type vector struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

type ref struct {
	URL string `json:"url"`
}

type affected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
	} `json:"package"`
	Versions  []string `json:"versions"`
	Ranges    []rang   `json:"ranges"`
	Severity  []vector `json:"severity"`
	Database  specific `json:"database_specific"`
	Ecosystem specific `json:"ecosystem_specific"`
}

type rang struct {
	Type   string             `json:"type"`
	Events []landwaiter.Event `json:"events"`
}

// Parse reads one OSV record. GIT ranges are dropped, since commits cannot be
// compared with a version; an entry that has no other covers nothing. Names are
// normalised by match.NormalName, an unset or impossible date is the zero time;
// dates in the future are kept. A severity that all affected packages share
// becomes the record's. A record without ID, longer than MaxRecord or malformed
// is landwaiter.Corrupt or landwaiter.TooLarge.
func Parse(raw []byte) (*landwaiter.Advisory, error) {
	if len(raw) > MaxRecord || bytes.Count(raw, []byte{'{'}) > maxObjects || bytes.Count(raw, []byte{','}) > maxCommas {
		return nil, landwaiter.Errorf(landwaiter.TooLarge,
			"the OSV record has %d bytes or too many parts; at most %d MB are read", len(raw), MaxRecord>>20)
	}
	var r record
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "not an OSV record: %w", err)
	}
	if !validID(r.ID) {
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "not an OSV record: the ID is missing or malformed")
	}
	return r.advisory(), nil
}

// validID reports whether an ID is safe to print, store and put in a URL.
func validID(id string) bool {
	if id == "" || len(id) > maxID || id[0] == '.' {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && !strings.ContainsRune("-._:+", rune(c)) {
			return false
		}
	}
	return true
}

func (r *record) advisory() *landwaiter.Advisory {
	a := &landwaiter.Advisory{
		ID: r.ID, Aliases: validIDs(r.Aliases), Upstream: validIDs(r.Upstream), Related: validIDs(r.Related),
		Summary: clip(r.Summary, maxDetails), Details: clip(r.Details, maxDetails),
		Published: date(r.Published), Modified: date(r.Modified), Withdrawn: withdrawn(r),
		Severity: vectors(r.Severity), Urgency: recordUrgency(r), CWEs: recordCWEs(r),
	}
	for _, ref := range r.References[:min(len(r.References), maxRefs)] {
		if strings.HasPrefix(ref.URL, "https://") || strings.HasPrefix(ref.URL, "http://") {
			a.Refs = append(a.Refs, ref.URL)
		}
	}
	for i := range r.Affected {
		if f := &r.Affected[i]; f.Package.Ecosystem != "" && f.Package.Name != "" {
			a.Affected = append(a.Affected, f.domain())
		}
	}
	liftSeverity(a)
	return a
}

func (f *affected) domain() landwaiter.Affected {
	out := landwaiter.Affected{
		Ecosystem: f.Package.Ecosystem,
		Name:      match.NormalName(f.Package.Ecosystem, f.Package.Name),
		Versions:  f.Versions,
		Severity:  vectors(f.Severity),
		Urgency:   f.urgency(),
		Binaries:  f.binaries(),
	}
	for _, r := range f.Ranges {
		if r.Type != "GIT" && len(r.Events) > 0 {
			out.Ranges = append(out.Ranges, landwaiter.Range{Type: r.Type, Events: r.Events})
		}
	}
	return out
}

// liftSeverity moves a severity that all entries share up to the record, where
// it serves as fallback for other records of the same flaw.
func liftSeverity(a *landwaiter.Advisory) {
	if len(a.Severity) > 0 || len(a.Affected) == 0 || len(a.Affected[0].Severity) == 0 {
		return
	}
	first := a.Affected[0].Severity
	for _, f := range a.Affected[1:] {
		if len(f.Severity) != len(first) || f.Severity[0] != first[0] {
			return
		}
	}
	a.Severity = first
	for i := range a.Affected {
		a.Affected[i].Severity = nil
	}
}

func vectors(list []vector) []landwaiter.Vector {
	var out []landwaiter.Vector
	for _, v := range list {
		if strings.HasPrefix(v.Type, "CVSS_") {
			out = append(out, landwaiter.Vector{Type: v.Type, Score: v.Score})
		}
	}
	return out
}

// validIDs drops malformed IDs, because IDs are shown and joined on.
func validIDs(list []string) []string {
	var out []string
	for _, id := range list {
		if validID(id) {
			out = append(out, id)
		}
	}
	return out
}

// date reads an RFC 3339 time. Some publishers write year 1 for "not set".
func date(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1970 {
		return time.Time{}
	}
	return t.UTC()
}

// withdrawn keeps a record withdrawn whose date cannot be read.
func withdrawn(r *record) time.Time {
	t := date(r.Withdrawn)
	if t.IsZero() && r.Withdrawn != "" && !strings.HasPrefix(r.Withdrawn, "0001-") {
		return time.Unix(0, 0).UTC()
	}
	return t
}

// clip cuts a text to at most n bytes, at a whole character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// maxBinaries bounds the binary packages of one entry. Ubuntu's sources have up to
// some hundreds, but for kernels, whose packages are named after builds and are in
// no image cut from slices.
const maxBinaries = 2000

// binaries returns the names of the binary packages of an entry of Ubuntu.
func (f *affected) binaries() []string {
	name := f.Package.Name
	if !strings.HasPrefix(f.Package.Ecosystem, "Ubuntu") || name == "linux" || strings.HasPrefix(name, "linux-") {
		return nil
	}
	var list []struct {
		Name string `json:"binary_name"`
	}
	if json.Unmarshal(f.Ecosystem.binaries, &list) != nil {
		return nil // of another form: as if missing
	}
	var out []string
	for _, b := range list[:min(len(list), maxBinaries)] {
		if b.Name != "" && len(b.Name) <= maxID && b.Name != name {
			out = append(out, b.Name)
		}
	}
	return out
}
