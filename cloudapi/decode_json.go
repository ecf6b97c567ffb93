package cloudapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// parseJSON parses a JSON object. An empty body is an empty object. Duplicate
// names, text after the object, invalid UTF-8 and values beyond the limits in
// node.go are errors.
func parseJSON(body []byte) (*node, error) {
	if len(body) == 0 {
		return &node{kind: kindObject}, nil
	}
	n, err := parseJSONValue(body)
	if err != nil {
		return nil, err
	}
	if n.kind != kindObject {
		return nil, parsingError("", "must be a JSON object")
	}
	return n, nil
}

// parseJSONValue parses one JSON value and nothing after it.
func parseJSONValue(body []byte) (*node, error) {
	if !utf8.Valid(body) {
		return nil, parsingError("", "are not UTF-8")
	}
	r := jsonReader{dec: json.NewDecoder(bytes.NewReader(body))}
	r.dec.UseNumber()
	n, err := r.next(0)
	if err != nil {
		return nil, err
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return nil, r.syntaxError()
	}
	return n, nil
}

type jsonReader struct {
	dec      *json.Decoder
	elements int
}

func (r *jsonReader) syntaxError() error {
	return parsingError("", "are not valid JSON near byte %d", r.dec.InputOffset())
}

// next reads one value that is nested in depth others.
func (r *jsonReader) next(depth int) (*node, error) {
	token, err := r.dec.Token()
	if err != nil {
		return nil, r.syntaxError()
	}
	if r.elements++; r.elements > maxElements {
		return nil, parsingError("", "have more than %d values; send less in one request", maxElements)
	}
	switch t := token.(type) {
	case json.Delim:
		return r.nested(t, depth)
	case string:
		return &node{kind: kindString, text: t}, nil
	case json.Number:
		return &node{kind: kindNumber, text: t.String()}, nil
	case bool:
		if t {
			return &node{kind: kindBool, text: "true"}, nil
		}
		return &node{kind: kindBool, text: "false"}, nil
	}
	return &node{kind: kindNull}, nil
}

// nested reads the rest of a list or an object after its opening bracket.
func (r *jsonReader) nested(open json.Delim, depth int) (*node, error) {
	if depth >= maxDepth {
		return nil, parsingError("", "are nested more than %d deep", maxDepth)
	}
	n := &node{kind: kindList}
	var seen map[string]bool
	if open == '{' {
		n.kind, seen = kindObject, make(map[string]bool)
	}
	for r.dec.More() {
		if n.kind == kindObject {
			name, err := r.name(seen)
			if err != nil {
				return nil, err
			}
			n.names = append(n.names, name)
		}
		item, err := r.next(depth + 1)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
	}
	if _, err := r.dec.Token(); err != nil {
		return nil, r.syntaxError()
	}
	return n, nil
}

func (r *jsonReader) name(seen map[string]bool) (string, error) {
	token, err := r.dec.Token()
	name, ok := token.(string)
	if err != nil || !ok {
		return "", r.syntaxError()
	}
	if seen[name] {
		return "", parsingError("", "have the name %.64q twice in one object", name)
	}
	seen[name] = true
	return name, nil
}
