package advisory

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Limits of a product file of endoflife.date; the longest has 20 KB and 100
// releases.
const (
	maxProduct  = 1 << 20 // bytes
	maxReleases = 10_000
)

// products maps endoflife.date's names to the IDs of os-release.
var products = map[string]string{
	"alpine-linux": "alpine", "amazon-linux": "amzn", "centos-stream": "centos",
	"opensuse": "opensuse-leap", "oracle-linux": "ol", "rocky-linux": "rocky",
}

// extended are the products whose extended support is free, so that a release
// gets updates up to "eoes": Debian's LTS.
var extended = map[string]bool{"debian": true}

// release is a release cycle of endoflife.date. A date may be a
// boolean too: true for "ended, day unknown".
type release struct {
	cycle    string
	released string
	eol      string
	eoes     string
}

// lifecycle returns false for a release that has not ended and has no end date.
func (r release) lifecycle(product string) (landwaiter.Lifecycle, bool) {
	end := r.eol
	if extended[product] && day(r.eoes).After(day(end)) {
		end = r.eoes
	}
	if end == "true" {
		end = r.released // surely past
	}
	if id, ok := products[product]; ok {
		product = id
	}
	l := landwaiter.Lifecycle{Product: product, Cycle: r.cycle, EOL: day(end)}
	return l, !l.EOL.IsZero() && l.Cycle != "" && len(l.Cycle) <= maxID
}

// ParseReleases reads the release cycles that endoflife.date collects
// automatically (https://github.com/endoflife-date/release-data): an object
// "releases" by cycle. product is its name there; the result has that of
// os-release. Malformed JSON is landwaiter.Corrupt.
func ParseReleases(product string, raw []byte) ([]landwaiter.Lifecycle, error) {
	var data struct {
		Releases map[string]struct {
			Name     string          `json:"name"`
			Released json.RawMessage `json:"releaseDate"`
			EOL      json.RawMessage `json:"eol"`
			EOES     json.RawMessage `json:"eoes"`
		} `json:"releases"`
	}
	if err := json.Unmarshal(raw, &data); err != nil {
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "not release data: %w", err)
	}
	if len(data.Releases) > maxReleases {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "%s has more than %d releases", product, maxReleases)
	}
	var out []landwaiter.Lifecycle
	for _, cycle := range slices.Sorted(maps.Keys(data.Releases)) {
		r := data.Releases[cycle]
		l, ok := release{cycle, scalar(r.Released), scalar(r.EOL), scalar(r.EOES)}.lifecycle(product)
		if ok {
			out = append(out, l)
		}
	}
	return out, nil
}

// scalar returns a JSON string or word without quotes.
func scalar(raw json.RawMessage) string { return strings.Trim(string(raw), `"`) }

// ParseProduct reads the release cycles from a product file of endoflife.date
// (https://github.com/endoflife-date/endoflife.date, products/*.md): the list
// "releases" of its YAML front matter, which has one scalar a line. product is
// as in ParseReleases. Any other file has no cycles.
func ParseProduct(product string, in io.Reader) []landwaiter.Lifecycle {
	var out []landwaiter.Lifecycle
	var current release
	flush := func() {
		if l, ok := current.lifecycle(product); ok && len(out) < maxReleases {
			out = append(out, l)
		}
		current = release{}
	}
	s := bufio.NewScanner(in)
	if !s.Scan() || s.Text() != "---" {
		return nil
	}
	inReleases := false
	for s.Scan() && s.Text() != "---" {
		line := s.Text()
		if line != "" && line[0] != ' ' && line[0] != '#' && line[0] != '-' {
			inReleases = line == "releases:"
			continue
		}
		if !inReleases {
			continue
		}
		item, isNew := strings.CutPrefix(strings.TrimSpace(line), "- ")
		if isNew {
			flush()
		}
		current.set(item)
	}
	flush()
	return out
}

// set takes one line "key: value # comment" of a release.
func (r *release) set(line string) {
	key, value, _ := strings.Cut(line, ":")
	value, _, _ = strings.Cut(value, " #")
	value = strings.Trim(strings.TrimSpace(value), `"'`)
	switch key {
	case "releaseCycle":
		r.cycle = value
	case "releaseDate":
		r.released = value
	case "eol":
		r.eol = value
	case "eoes":
		r.eoes = value
	}
}
