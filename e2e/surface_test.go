package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/tcss"
)

// surface describes the API as the vendor's clients define it: the types of
// fields by name, where [x] is a list of x and a type may end with marks.
type surface struct {
	Actions map[string]struct {
		Resp map[string]string `json:"resp"`
	} `json:"actions"`
	Objects map[string]map[string]string `json:"objects"`

	seen map[string]bool // objects that an answer held
}

func readSurface(t testing.TB) *surface {
	t.Helper()
	b, err := os.ReadFile(realtest.Shared(t, "tcss", "surface.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := &surface{seen: map[string]bool{}}
	if err := json.Unmarshal(b, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// answer returns where the answer to an action differs from its description.
func (s *surface) answer(action string, raw json.RawMessage) []string {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var fields map[string]any
	if err := dec.Decode(&fields); err != nil {
		return []string{err.Error()}
	}
	if id, _ := fields["RequestId"].(string); !uuid.MatchString(id) {
		return []string{fmt.Sprint("RequestId is ", fields["RequestId"])}
	}
	delete(fields, "RequestId")
	return s.object(action, fields, s.Actions[action].Resp)
}

func (s *surface) object(path string, fields map[string]any, types map[string]string) []string {
	var problems []string
	for name, typ := range types {
		v, sent := fields[name]
		if !sent {
			problems = append(problems, path+"."+name+" is missing")
			continue
		}
		problems = append(problems, s.value(path+"."+name, v, strings.TrimRight(typ, "!~+"))...)
	}
	for name := range fields {
		if _, ok := types[name]; !ok {
			problems = append(problems, path+"."+name+" is not declared")
		}
	}
	return problems
}

func (s *surface) value(path string, v any, typ string) []string {
	if item, ok := strings.CutPrefix(typ, "["); ok {
		list, ok := v.([]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %T, want %s", path, v, typ)}
		}
		var problems []string
		for i, v := range list {
			problems = append(problems, s.value(fmt.Sprintf("%s[%d]", path, i), v, strings.TrimSuffix(item, "]"))...)
		}
		return problems
	}
	if types, ok := s.Objects[typ]; ok {
		fields, ok := v.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %T, want %s", path, v, typ)}
		}
		s.seen[typ] = true
		return s.object(path, fields, types)
	}
	n, isNumber := v.(json.Number)
	_, isText := v.(string)
	_, isBool := v.(bool)
	ok := map[string]bool{
		"string": isText, "date": isText, "datetime_iso": isText, "bool": isBool, "float": isNumber,
		"int64": isNumber && signed.MatchString(n.String()), "uint64": isNumber && unsigned.MatchString(n.String()),
	}[typ]
	if !ok {
		return []string{fmt.Sprintf("%s is %T %.80v, want %s", path, v, v, typ)}
	}
	return nil
}

// unseen returns the objects that answers to the action could contain, but none
// contained.
func (s *surface) unseen(action string) []string {
	var list []string
	var walk func(types map[string]string)
	walk = func(types map[string]string) {
		for _, typ := range types {
			name := strings.Trim(typ, "[]!~+")
			object, ok := s.Objects[name]
			if ok && !s.seen[name] && !slices.Contains(list, name) {
				list = append(list, name)
				walk(object)
			}
		}
	}
	walk(s.Actions[action].Resp)
	return list
}

// TestSurface calls each implemented action with an official client, and compares
// the answer with the description of the API: it must have all declared fields
// with their types, and no others.
func TestSurface(t *testing.T) {
	t.Parallel()
	s := readSurface(t)
	ses, facts := serveSurface(t)
	called := map[string]bool{}
	for _, c := range surfaceCalls {
		t.Run(c.action, func(t *testing.T) {
			raw := ses.call(t, c.action, c.params(facts), nil)
			facts.note(c.action, raw)
			for _, p := range s.answer(c.action, raw) {
				t.Error(p)
			}
		})
		called[c.action] = true
	}
	var unseen []string
	for _, a := range tcss.Actions {
		if !called[a.Name] && built(t, ses, a.Name) {
			t.Errorf("%s is implemented, but surfaceCalls has no request for it", a.Name)
		}
		if called[a.Name] {
			for _, name := range s.unseen(a.Name) {
				unseen = append(unseen, a.Name+" "+name)
			}
		}
	}
	slices.Sort(unseen)
	if d := cmp.Diff(neverAnswered, unseen); d != "" {
		t.Errorf("objects in no answer, -want +got:\n%s", d)
	}
}

// built reports whether the server implements an action. An action that is not
// implemented does not check its parameters.
func built(t testing.TB, s session, action string) bool {
	t.Helper()
	return s.code(t, action, params{"NotAParameter": true}) != "UnsupportedOperation"
}

func TestSurfaceProblems(t *testing.T) {
	s := &surface{seen: map[string]bool{}}
	if err := json.Unmarshal([]byte(`{"actions":{"A":{"resp":{"S":"string+","N":"uint64~","I":"int64",
		"F":"float","B":"bool","D":"date!",
		"L":"[X]","T":"[string]"}}},"objects":{"X":{"V":"uint64","Y":"Y"},"Y":{}}}`), s); err != nil {
		t.Fatal(err)
	}
	const id = `"RequestId":"00000000-0000-0000-0000-000000000000"`
	for _, tt := range []struct {
		json string
		want int
	}{
		{`{` + id + `,"S":"","N":1,"I":-1,"F":1.5,"B":false,"D":"","L":[],"T":[""]}`, 0},
		{`{"S":"","N":1,"I":-1,"F":1.5,"B":false,"D":"","L":[],"T":[""]}`, 1},
		{`{` + id + `}`, 8},
		{`{` + id + `,"S":null,"N":-1,"I":1.0,"F":"1","B":0,"D":1,"L":null,"T":[null],"Z":1}`, 9},
		{`{` + id +
			`,"S":"","N":1,"I":1,"F":1,"B":true,"D":"","L":[{"V":"1","Y":{"Z":1}},{"V":1},{"V":1,"Y":[]}],"T":{}}`, 5},
		{`[]`, 1},
	} {
		if tt.want > 0 {
			if got := s.unseen("A"); len(got) != 2 && !s.seen["X"] {
				t.Errorf("unseen: %v", got)
			}
		}
		if got := s.answer("A", json.RawMessage(tt.json)); len(got) != tt.want {
			t.Errorf("%s: %d problems, want %d: %q", tt.json, len(got), tt.want, got)
		}
	}
	if got := s.unseen("A"); len(got) != 0 {
		t.Errorf("unseen: %v", got)
	}
}
