// Package vex reads statements of users and suppliers about flaws: VEX documents
// (OpenVEX, CycloneDX, CSAF) and Landwaiter's ignore lists.
//
// Only the form of a document is checked, not whether its statements are true.
// Read only documents of authors whom you trust.
package vex

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/landwaiter/landwaiter"
)

// Limits of one document.
const (
	// maxDocument bounds the size of a document in bytes. The largest real ones,
	// about all builds of a distribution's image, have 2 MB.
	maxDocument = 32 << 20
	// maxElement bounds the size of one statement, vulnerability or component
	// in bytes. Decoded, its smallest parts ("{}," for a product) take 40 times
	// as much: 80 MB.
	maxElement = 2 << 20
	// maxSuppressions bounds how many suppressions a document gives. One takes
	// about 500 bytes, all of them 50 MB.
	maxSuppressions = 100_000
	// maxComponents bounds how many components of a CycloneDX document can be
	// referred to. One takes about 300 bytes, all of them 60 MB.
	maxComponents = 200_000
	// maxReasons bounds how many reasons a Document keeps, and maxText how many
	// bytes of a reason or a name.
	maxReasons = 20
	maxText    = 4 << 10
)

// Document is the content of a VEX document or ignore list.
type Document struct {
	Format       string // "OpenVEX", "CycloneDX", "CSAF", "ignore list"
	Source       string // of its suppressions: the document's ID, else the file's name
	Suppressions []landwaiter.Suppression
	// Skipped is the number of statements that suppress nothing because they
	// cannot be interpreted, and Reasons says why for the first 20. Statements
	// that a product is affected or under investigation do not count.
	Skipped int
	Reasons []string
}

// Read reads a VEX document or an ignore list. The name is that of the file; it
// is the source of suppressions if the document has no ID. The time now is the
// creation time of suppressions without one. Errors are Corrupt for invalid
// JSON, Invalid for other mistakes, Unsupported for other kinds of documents,
// and TooLarge beyond the limits.
func Read(r io.Reader, name string, now time.Time) (*Document, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxDocument {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "the VEX document is larger than %d MB", maxDocument>>20)
	}
	p := parser{name: name, now: now}
	if first := bytes.TrimSpace(data); len(first) == 0 || first[0] != '{' {
		return p.ignoreList(data)
	}
	var head struct {
		Context   json.RawMessage `json:"@context"`
		BOMFormat string          `json:"bomFormat"`
		CSAF      json.RawMessage `json:"document"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, corrupt(err)
	}
	switch {
	case bytes.Contains(head.Context, []byte("openvex")):
		return p.openVEX(data)
	case head.BOMFormat == "CycloneDX":
		return p.cycloneDX(data)
	case head.CSAF != nil:
		return p.csaf(data)
	}
	return nil, landwaiter.Errorf(landwaiter.Unsupported,
		"the file is neither OpenVEX, CycloneDX (as JSON) or CSAF, nor an ignore list")
}

func corrupt(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return landwaiter.Errorf(landwaiter.Invalid, "the VEX document has a %s instead of a %s (%s)",
			wrong.Value, wrong.Type, wrong.Field)
	}
	return landwaiter.Errorf(landwaiter.Corrupt, "the VEX document is not valid JSON: %w", err)
}

// parser collects the statements of one document.
type parser struct {
	name string
	now  time.Time
	doc  Document
}

func (p *parser) skip(format string, args ...any) {
	p.doc.Skipped++
	if len(p.doc.Reasons) < maxReasons {
		p.doc.Reasons = append(p.doc.Reasons, fmt.Sprintf(format, args...))
	}
}

// add adds a suppression, or skips it if it is not valid.
func (p *parser) add(s landwaiter.Suppression) error {
	if len(p.doc.Suppressions) == maxSuppressions {
		return landwaiter.Errorf(landwaiter.TooLarge, "the VEX document has more than %d suppressions", maxSuppressions)
	}
	if s.Created.IsZero() {
		s.Created = p.now
	}
	s.ID = landwaiter.SuppressionID(s)
	if err := s.Check(); err != nil {
		p.skip("%v", err)
		return nil
	}
	p.doc.Suppressions = append(p.doc.Suppressions, s)
	return nil
}

// elements calls each for every element of a JSON list, one at a time. An
// element may have at most limit bytes. Values that are not lists have no
// elements.
func elements(list json.RawMessage, limit int, each func(raw json.RawMessage) error) error {
	if len(list) == 0 || list[0] != '[' {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(list))
	if _, err := dec.Token(); err != nil {
		return corrupt(err)
	}
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return corrupt(err)
		}
		if len(raw) > limit {
			return landwaiter.Errorf(landwaiter.TooLarge,
				"a statement or component of the VEX document is larger than %d MB", limit>>20)
		}
		if err := each(raw); err != nil {
			return err
		}
	}
	return nil
}

// clip truncates a text for use in a reason.
func clip(text string) string {
	if len(text) > maxText {
		return text[:maxText]
	}
	return text
}
