package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/realtest"
)

func TestFresh(t *testing.T) {
	a, err := readAPI("../api.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate(a)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../wire_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("wire_gen.go is stale; run go generate ./tcss\n%.2000s", diff)
	}
}

func TestUnknownTypeIsRefused(t *testing.T) {
	a := &api{Actions: map[string]action{"X": {Request: []field{{Name: "A", Type: "nothing"}}}}}
	if _, err := generate(a); err == nil || !strings.Contains(err.Error(), "XRequest.A") {
		t.Errorf("error %v", err)
	}
}

// surface is the description of the upstream API that api.json was made from.
type surface struct {
	Version string
	Actions map[string]struct {
		Req, Resp map[string]string
		Errors    []string
	}
	Objects map[string]map[string]string
}

func readSurface(t *testing.T) *surface {
	t.Helper()
	content, err := os.ReadFile(realtest.Shared(t, "tcss", "surface.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := new(surface)
	if err := json.Unmarshal(content, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// either are the fields declared upstream as one string whose samples hold a
// list; we take both.
var either = map[string]bool{"ModifyAssetImageScanStop.ExcludeImageIds": true}

// upstream turns our fields into the notation of the surface.
func upstream(owner string, fields []field) map[string]string {
	m := make(map[string]string, len(fields))
	for _, f := range fields {
		typ := f.Type
		if either[owner+"."+f.Name] && typ == "strings" {
			typ = "string"
		}
		if f.List {
			typ = "[" + typ + "]"
		}
		if f.Required {
			typ += "!"
		}
		m[f.Name] = typ
	}
	return m
}

// plain drops the marks of the surface that say nothing of types: deprecated
// and China only.
func plain(fields map[string]string) map[string]string {
	m := make(map[string]string, len(fields))
	for name, typ := range fields {
		m[name] = strings.TrimRight(typ, "~+")
	}
	return m
}

func TestAgreesWithSurface(t *testing.T) {
	s := readSurface(t)
	a, err := readAPI("../api.json")
	if err != nil {
		t.Fatal(err)
	}
	if a.Version != s.Version || len(a.Actions) != len(s.Actions) || len(a.Objects) != len(s.Objects) {
		t.Errorf("version %s with %d actions and %d objects, want %s, %d and %d",
			a.Version, len(a.Actions), len(a.Objects), s.Version, len(s.Actions), len(s.Objects))
	}
	for name, want := range s.Actions {
		got := a.Actions[name]
		if diff := cmp.Diff(plain(want.Req), upstream(name, got.Request)); diff != "" {
			t.Errorf("request of %s:\n%s", name, diff)
		}
		if diff := cmp.Diff(plain(want.Resp), upstream(name, got.Response)); diff != "" {
			t.Errorf("response of %s:\n%s", name, diff)
		}
		if diff := cmp.Diff(want.Errors, got.Errors); diff != "" {
			t.Errorf("errors of %s:\n%s", name, diff)
		}
	}
	for name, want := range s.Objects {
		if diff := cmp.Diff(plain(want), upstream(name, a.Objects[name])); diff != "" {
			t.Errorf("object %s:\n%s", name, diff)
		}
	}
}
