// Package vex reads what people and suppliers say of flaws: VEX documents
// (OpenVEX, CycloneDX, CSAF) and Landwaiter's own ignore lists.
//
// What a document says is a claim of its author. Nothing is checked but its
// form, so read only documents of those you trust.
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

// The limits of reading.
const (
	// maxDocument is the size of a document in bytes. The largest honest ones,
	// of all builds of a distribution's image, have 2 MB.
	maxDocument = 32 << 20
	// maxElement is the size of one statement, vulnerability or component in
	// bytes. Decoded, its smallest parts ("{}," for a product) take 40 times
	// that: 80 MB.
	maxElement = 2 << 20
	// maxClaims is how many suppressions a document may come to: of about 500
	// bytes, 50 MB.
	maxClaims = 100_000
	// maxComponents is how many components of a CycloneDX document may be
	// referred to: of about 300 bytes, 60 MB.
	maxComponents = 200_000
	// maxReasons is how many reasons a Document keeps, and maxText the length
	// of a reason or a name in bytes that is taken.
	maxReasons = 20
	maxText    = 4 << 10
)

// Document is what a file says.
type Document struct {
	Format       string // "OpenVEX", "CycloneDX", "CSAF", "ignore list"
	Source       string // of its suppressions: the document's ID, else the file's name
	Suppressions []landwaiter.Suppression
	// Skipped counts the statements that suppress nothing since they cannot be
	// understood; Reasons says why, for the first few. Statements that a flaw
	// is there, or looked into, are neither.
	Skipped int
	Reasons []string
}

// Read reads a VEX document or an ignore list; name is the file's, for the
// source of suppressions that name no document of their own. Errors are
// Corrupt for broken JSON, Invalid for other faults, Unsupported for other
// kinds of VEX, and TooLarge beyond the limits.
func Read(r io.Reader, name string, now time.Time) (*Document, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxDocument {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "a VEX document may have %d MB", maxDocument>>20)
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
		"neither OpenVEX, CycloneDX (in JSON) nor CSAF, nor an ignore list")
}

func corrupt(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return landwaiter.Errorf(landwaiter.Invalid, "the VEX document has a %s in place of a %s (%s)", wrong.Value,
			wrong.Type, wrong.Field)
	}
	return landwaiter.Errorf(landwaiter.Corrupt, "the VEX document is no valid JSON: %w", err)
}

// parser collects what one document says.
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

// add takes a suppression; one that does not hold by itself is skipped.
func (p *parser) add(s landwaiter.Suppression) error {
	if len(p.doc.Suppressions) == maxClaims {
		return landwaiter.Errorf(landwaiter.TooLarge, "the VEX document comes to more than %d suppressions", maxClaims)
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

// elements calls each for the elements of a JSON list, one at a time; anything
// else has none. An element may have limit bytes.
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
				"a statement or component of the VEX document has more than %d MB", limit>>20)
		}
		if err := each(raw); err != nil {
			return err
		}
	}
	return nil
}

// clip shortens a text that goes into a reason.
func clip(text string) string {
	if len(text) > maxText {
		return text[:maxText]
	}
	return text
}
