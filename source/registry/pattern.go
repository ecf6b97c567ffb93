package registry

import (
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// pattern selects tags: a shell pattern for each element of the repository's
// path, and one for the tag.
type pattern struct {
	elements []string
	tag      string
}

// anyDepth is the element that stands for any number of elements.
const anyDepth = "**"

// parsePattern reads "repository:tag" or "repository", which means any tag.
func parsePattern(text string) (pattern, error) {
	repository, tag := text, "*"
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		repository, tag = text[:i], text[i+1:]
	}
	if repository == "" || tag == "" {
		return pattern{}, landwaiter.Errorf(landwaiter.Invalid, "pattern %q: want repository:tag or repository, "+
			"such as team/*:v1.* or **:latest", text)
	}
	p := pattern{elements: strings.Split(repository, "/"), tag: tag}
	for _, element := range append(p.elements, tag) {
		_, err := path.Match(element, "")
		switch {
		case err != nil:
			return pattern{}, landwaiter.Errorf(landwaiter.Invalid,
				"pattern %q: %q has a [ without its ], or ends in a backslash", text, element)
		case element == "":
			return pattern{}, landwaiter.Errorf(landwaiter.Invalid, "pattern %q: an element of the repository is empty", text)
		case element != anyDepth && strings.Contains(element, anyDepth):
			return pattern{}, landwaiter.Errorf(landwaiter.Invalid, "pattern %q: ** must be a whole element, as in team/**/app",
				text)
		}
	}
	return p, nil
}

// parsePatterns reads the patterns of the option name.
func parsePatterns(name string, texts []string) ([]pattern, error) {
	var out []pattern
	for _, text := range texts {
		p, err := parsePattern(text)
		if err != nil {
			return nil, landwaiter.Errorf(landwaiter.Invalid, "%s: %w", name, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// matchesRepository goes back to the last ** only, so that the work is at
// most the product of the lengths.
func (p pattern) matchesRepository(repository string) bool {
	elements := strings.Split(repository, "/")
	i, star, skipped := 0, -1, 0
	for n := 0; n < len(elements); {
		switch {
		case i < len(p.elements) && p.elements[i] == anyDepth:
			star, skipped = i, n
			i++
		case i < len(p.elements) && matches(p.elements[i], elements[n]):
			i++
			n++
		case star >= 0:
			skipped++
			i, n = star+1, skipped
		default:
			return false
		}
	}
	for i < len(p.elements) && p.elements[i] == anyDepth {
		i++
	}
	return i == len(p.elements)
}

func (p pattern) anyTag() bool { return strings.Trim(p.tag, "*") == "" }

// matches reports whether a pattern that was checked matches the name.
func matches(pattern, name string) bool {
	ok, _ := path.Match(pattern, name)
	return ok
}
