package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// An api is the content of api.json.
type api struct {
	Version string             `json:"version"`
	Actions map[string]action  `json:"actions"`
	Objects map[string][]field `json:"objects"`
}

type action struct {
	Request  []field  `json:"request"`
	Response []field  `json:"response"`
	Errors   []string `json:"errors"`
}

type field struct {
	Name     string
	Type     string // without brackets and suffixes
	List     bool
	Required bool
	Pointer  bool
}

// UnmarshalText parses "Name [type]!".
func (f *field) UnmarshalText(text []byte) error {
	name, typ, ok := strings.Cut(string(text), " ")
	if !ok {
		return fmt.Errorf("field %q is not a name and a type", text)
	}
	f.Name = name
	typ, f.Required = strings.CutSuffix(typ, "!")
	typ, f.Pointer = strings.CutSuffix(typ, "?")
	if inner, ok := strings.CutPrefix(typ, "["); ok {
		typ, f.List = strings.CutSuffix(inner, "]")
	}
	f.Type = typ
	return nil
}

func readAPI(path string) (*api, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(content))
	dec.DisallowUnknownFields()
	a := new(api)
	if err := dec.Decode(a); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// answered returns the objects that responses hold, directly or not.
func (a *api) answered() map[string]bool {
	set := make(map[string]bool)
	var walk func([]field)
	walk = func(fields []field) {
		for _, f := range fields {
			if object, ok := a.Objects[f.Type]; ok && !set[f.Type] {
				set[f.Type] = true
				walk(object)
			}
		}
	}
	for _, act := range a.Actions {
		walk(act.Response)
	}
	return set
}
