package registry

import (
	"cmp"
	"regexp"
	"slices"
)

// selection is what of a registry is listed.
type selection struct {
	include, exclude []pattern
	newest           int // 0: all
}

func (c Config) selection() (selection, error) {
	include, err := parsePatterns("include", c.Include)
	if err != nil {
		return selection{}, err
	}
	exclude, err := parsePatterns("exclude", c.Exclude)
	return selection{include: include, exclude: exclude, newest: c.Newest}, err
}

// wants reports whether any tag of the repository may be selected, so that
// the tags of others need not be asked for.
func (s selection) wants(repository string) bool {
	for _, p := range s.exclude {
		if p.anyTag() && p.matchesRepository(repository) {
			return false
		}
	}
	return len(s.include) == 0 ||
		slices.ContainsFunc(s.include, func(p pattern) bool { return p.matchesRepository(repository) })
}

// choose returns the selected tags: all in the order given, or the newest,
// newest first.
func (s selection) choose(repository string, tags []string) []string {
	matching := func(patterns []pattern) []pattern {
		return slices.DeleteFunc(slices.Clone(patterns), func(p pattern) bool { return !p.matchesRepository(repository) })
	}
	include, exclude := matching(s.include), matching(s.exclude)
	var out []string
	for _, tag := range tags {
		fits := func(p pattern) bool { return matches(p.tag, tag) }
		if slices.ContainsFunc(exclude, fits) || (len(s.include) > 0 && !slices.ContainsFunc(include, fits)) {
			continue
		}
		out = append(out, tag)
	}
	if s.newest > 0 {
		slices.SortFunc(out, newestFirst)
		out = slices.Compact(out)
		out = out[:min(s.newest, len(out))]
	}
	return out
}

// validTag is what the distribution specification calls a tag; no image can
// be pulled by anything else.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
var validTag = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$`)

// newestFirst orders tags: "latest", then versions (a digit, or "v" and a
// digit, in front), then all others; versions by number, newest first.
func newestFirst(a, b string) int {
	return cmp.Or(
		cmp.Compare(rank(b), rank(a)),
		compareVersions(b, a),
		cmp.Compare(b, a), // "v1" and "1", "1.0" and "1.00": any order, but always the same
	)
}

func rank(tag string) int {
	switch {
	case tag == "latest":
		return 2
	case isDigit(unprefixed(tag)):
		return 1
	}
	return 0
}

func unprefixed(tag string) string {
	if len(tag) > 1 && (tag[0] == 'v' || tag[0] == 'V') && isDigit(tag[1:]) {
		return tag[1:]
	}
	return tag
}

func isDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }
