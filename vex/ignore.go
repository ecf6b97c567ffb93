package vex

import (
	"bufio"
	"bytes"
	"cmp"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// IgnoreSource is the source of suppressions that are written by hand.
const IgnoreSource = "ignore"

// maxLine bounds the length of a line of an ignore list in bytes. A line has an
// ID, a package URL, a pattern and a sentence.
const maxLine = 64 << 10

// ignoreList parses a list with one suppression per line:
//
//	# We do not parse XML.
//	CVE-2024-1234
//	CVE-2024-5678 package=openssl until=2026-12-31  # waiting for the base image
//	GHSA-xxxx image=shop/* status=not_affected      # never reachable from outside
//
// The reason is the comment on the line or, without one, the comment lines
// directly above.
func (p *parser) ignoreList(data []byte) (*Document, error) {
	p.doc.Format, p.doc.Source = "ignore list", cmp.Or(p.name, IgnoreSource)
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxLine)
	var above []string
	n := 0
	for lines.Scan() {
		n++
		line, comment := cutComment(lines.Text())
		if line == "" {
			if comment == "" {
				above = nil
			} else {
				above = append(above, comment)
			}
			continue
		}
		s, err := ignoreLine(line)
		if err != nil {
			return nil, landwaiter.Errorf(landwaiter.Invalid, "line %d: %w", n, err)
		}
		s.Reason, s.Source, s.Created = clip(cmp.Or(comment, strings.Join(above, " "))), p.doc.Source, p.now
		if err := s.Check(); err != nil {
			return nil, landwaiter.Errorf(landwaiter.Invalid,
				"line %d: %w (the reason is the text after #, or a comment line above)", n, err)
		}
		if err := p.add(s); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); err != nil {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "line %d: %w", n+1, err)
	}
	return &p.doc, nil
}

// cutComment splits a line at a # at the start of a word. A # inside a word may
// be part of a package URL.
func cutComment(line string) (text, comment string) {
	for i := range len(line) {
		if line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t') {
			return strings.TrimSpace(line[:i]), strings.TrimSpace(line[i+1:])
		}
	}
	return strings.TrimSpace(line), ""
}

func ignoreLine(line string) (landwaiter.Suppression, error) {
	words := strings.Fields(line)
	s := landwaiter.Suppression{Vulnerability: words[0], Status: landwaiter.RiskAccepted}
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "package":
			s.Package = value
		case "image":
			s.Image = value
		case "status":
			s.Status = landwaiter.SuppressionStatus(value)
		case "until":
			day, err := ParseDay(value)
			if err != nil {
				return s, err
			}
			s.Expires = day
		default:
			return s, landwaiter.Errorf(landwaiter.Invalid, "%q: want package=, image=, status= or until=", word)
		}
	}
	return s, nil
}

// ParseDay parses a last day such as "2026-12-31" and returns the end of that
// day in UTC.
func ParseDay(text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, landwaiter.Errorf(landwaiter.Invalid, "%q is not a day of the form 2026-12-31", text)
	}
	return day.AddDate(0, 0, 1), nil
}
