package cloudapi

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// parseQuery parses a query string or a form body. Unlike url.ParseQuery it
// refuses a name that is sent twice, since the signature could cover either
// value.
func parseQuery(text string) (map[string]string, error) {
	if strings.Count(text, "&") >= maxParameters {
		return nil, tooManyParameters()
	}
	params := make(map[string]string)
	for part := range strings.SplitSeq(text, "&") {
		if part == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(part, "=")
		name, errName := url.QueryUnescape(rawName)
		value, errValue := url.QueryUnescape(rawValue)
		if errName != nil || errValue != nil || !utf8.ValidString(name) || !utf8.ValidString(value) {
			return nil, Errorf(InvalidParameter, "parameter %.64q is not URL-encoded UTF-8", rawName)
		}
		if err := addParameter(params, name, value); err != nil {
			return nil, err
		}
	}
	return params, nil
}

func addParameter(params map[string]string, name, value string) error {
	if _, twice := params[name]; twice {
		return Errorf(InvalidParameter, "parameter %.64q is sent twice", name)
	}
	params[name] = value
	return nil
}

func tooManyParameters() error {
	return Errorf(InvalidParameter, "more than %d parameters; send them as JSON", maxParameters)
}

// flattened builds a tree from parameters with names such as
// Filters.0.Values.1. It omits those for which skip returns true.
func flattened(params map[string]string, skip func(string) bool) (*node, error) {
	root := newGroup()
	for name, value := range params {
		if skip != nil && skip(name) {
			continue
		}
		if err := root.add(name, &node{kind: kindText, text: value}); err != nil {
			return nil, err
		}
	}
	return root.node(), nil
}

// A group is a node under construction: a leaf, or children keyed by the next
// part of their names.
type group struct {
	leaf *node
	kids map[string]*group
}

func newGroup() *group { return &group{kids: make(map[string]*group)} }

// add puts a leaf at a dotted name. The name must be new, and neither extend
// the name of another leaf nor be a prefix of one.
func (g *group) add(name string, leaf *node) error {
	parts := strings.Split(name, ".")
	if len(parts) > maxDepth {
		return parsingError("", "have a name with more than %d parts: %.64q", maxDepth, name)
	}
	for _, part := range parts {
		if g.leaf != nil {
			return parsingError("", "use %.64q both as a value and as a prefix", name)
		}
		kid := g.kids[part]
		if kid == nil {
			kid = newGroup()
			g.kids[part] = kid
		}
		g = kid
	}
	if g.leaf != nil || len(g.kids) > 0 {
		return parsingError("", "use %.64q more than once or also as a prefix", name)
	}
	g.leaf = leaf
	return nil
}

// node returns the finished node. Its names are sorted so that the same one of
// several errors is reported each time.
func (g *group) node() *node {
	if g.leaf != nil {
		return g.leaf
	}
	n := &node{kind: kindGroup}
	for name := range g.kids {
		n.names = append(n.names, name)
	}
	slices.Sort(n.names)
	for _, name := range n.names {
		n.items = append(n.items, g.kids[name].node())
	}
	return n
}
