package secret

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/landwaiter/landwaiter/analyze/rule"
)

// Version is the version of the analyser. It changes when a rule does.
const Version = "2"

const (
	// MaxMatches bounds the findings of one file or text.
	MaxMatches = 100
	// maxHits bounds the keywords that are examined, so that a file full of
	// keywords does not take minutes.
	maxHits = 10_000
)

// Match is one secret.
type Match struct {
	Rule   string // a name of package rule
	Line   int    // 1-based
	Masked string // the first characters of a token; "" for a key
	// Start and End are the offsets of the secret in the text.
	Start, End int
}

var search = func() *keywords {
	words := []string{pemKeyword, puttyKeyword}
	for _, p := range patterns {
		words = append(words, p.keyword)
	}
	return newKeywords(words)
}()

// Text returns the secrets in a line of text, such as an environment variable or
// a build step: in order, not overlapping, at most [MaxMatches]. Complete is
// false when the search stopped at a limit and did not see all of s.
func Text(s string) (matches []Match, complete bool) {
	matches, err := scan([]byte(s))
	return matches, err == nil
}

// isText reports whether a file that starts with head is text worth searching:
// it has no zero byte.
func isText(head []byte) bool { return len(head) > 0 && bytes.IndexByte(head, 0) < 0 }

// scan returns the secrets in data, in order, not overlapping. If it stops before
// the end of data, it returns the secrets found so far and errStopped.
func scan(data []byte) ([]Match, error) {
	s := scanner{data: data, line: 1}
	search.find(data, s.hit)
	return s.matches, s.err
}

var errStopped = fmt.Errorf("the search stopped after %d secrets or %d candidates", MaxMatches, maxHits)

type scanner struct {
	data    []byte
	matches []Match
	hits    int
	end     int // of the last match
	line    int // at counted
	counted int
	err     error
}

// hit examines one keyword. It returns false to end the search.
func (s *scanner) hit(word, at int) bool {
	if at < s.end {
		return true
	}
	if s.hits++; s.hits > maxHits || len(s.matches) == MaxMatches {
		s.err = errStopped
		return false
	}
	switch word {
	case 0:
		s.key(pemKey, at)
	case 1:
		s.key(puttyKey, at)
	default:
		s.token(&patterns[word-2], at)
	}
	return true
}

func (s *scanner) key(find func([]byte) (string, int), at int) {
	id, length := find(s.data[at:])
	if length == 0 {
		return
	}
	// In the JSON of a service account the key is next to its other fields.
	near := s.data[max(0, at-1024):min(len(s.data), at+length+1024)]
	if id == rule.PrivateKey && bytes.Contains(near, []byte(`"service_account"`)) {
		id = rule.GCPServiceAccount
	}
	s.add(id, "", at, at+length)
}

func (s *scanner) token(p *pattern, at int) {
	from := max(0, at-p.before)
	m := p.expr().FindSubmatchIndex(s.data[from:min(len(s.data), at+len(p.keyword)+maxSlack+p.longest+1)])
	if m == nil {
		return
	}
	start, end := from+m[2], from+m[3]
	token := string(s.data[start:end])
	if start > at+len(p.keyword)+maxSlack || isExample(token) {
		return
	}
	s.add(p.rule, Mask(token), start, end)
}

func (s *scanner) add(id, masked string, start, end int) {
	s.line += bytes.Count(s.data[s.counted:start], []byte("\n"))
	s.counted, s.end = start, end
	s.matches = append(s.matches, Match{Rule: id, Line: s.line, Masked: masked, Start: start, End: end})
}

// isExample reports whether a token is an example from documentation: it contains
// that word, or has too few distinct characters.
func isExample(token string) bool {
	if strings.Contains(strings.ToUpper(token), "EXAMPLE") || strings.Contains(strings.ToLower(token), "xxxx") {
		return true
	}
	distinct := map[rune]bool{}
	for _, r := range token {
		distinct[r] = true
	}
	return len(distinct) < 10
}

// Mask keeps the first characters of a secret, enough to recognise it, but never
// more than a quarter of it.
func Mask(secret string) string {
	return strings.ToValidUTF8(secret[:min(6, len(secret)/4)], "") + "****"
}
