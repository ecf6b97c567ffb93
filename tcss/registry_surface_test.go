package tcss

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter/realtest"
)

// surface is the description of the API that its clients are made from.
type surface struct {
	Actions map[string]struct {
		Resp map[string]string `json:"resp"`
	} `json:"actions"`
	Objects map[string]map[string]string `json:"objects"`
}

func readSurface(t *testing.T) *surface {
	t.Helper()
	b, err := os.ReadFile(realtest.Shared(t, "tcss", "surface.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := &surface{}
	if err := json.Unmarshal(b, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// problems says where an answer differs from its description: a field that is
// missing, null, unknown or of another type.
func (s *surface) problems(action string, raw []byte) []string {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v map[string]any
	if err := dec.Decode(&v); err != nil {
		return []string{fmt.Sprintf("%s: %v in %s", action, err, raw)}
	}
	delete(v, "RequestId")
	return s.object(action, v, s.Actions[action].Resp)
}

func (s *surface) object(path string, v any, types map[string]string) []string {
	fields, ok := v.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("%s is %v, want an object", path, v)}
	}
	var problems []string
	for name, typ := range types {
		problems = append(problems, s.value(path+"."+name, fields[name], strings.TrimRight(typ, "!~+"))...)
	}
	for name := range fields {
		if types[name] == "" {
			problems = append(problems, path+"."+name+" is unknown")
		}
	}
	return problems
}

func (s *surface) value(path string, v any, typ string) (problems []string) {
	if elem, ok := strings.CutPrefix(typ, "["); ok {
		list, ok := v.([]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %v, want a list", path, v)}
		}
		for i, item := range list {
			problems = append(problems, s.value(fmt.Sprintf("%s[%d]", path, i), item, strings.TrimSuffix(elem, "]"))...)
		}
		return problems
	}
	if types, ok := s.Objects[typ]; ok {
		return s.object(path, v, types)
	}
	got := fmt.Sprintf("%T", v)
	if n, ok := v.(json.Number); ok {
		got = "int64"
		if strings.ContainsAny(n.String(), ".eE") {
			got = "float"
		} else if typ == "uint64" && !strings.HasPrefix(n.String(), "-") {
			got = "uint64"
		}
	}
	if got != strings.NewReplacer("datetime_iso", "string", "date", "string").Replace(typ) {
		problems = append(problems, fmt.Sprintf("%s is %s %v, want %s", path, got, v, typ))
	}
	return problems
}
