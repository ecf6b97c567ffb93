package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// checkShape fails the test if JSON does not match a type: if a field is missing,
// null or unknown, or a value has another kind. Clients in statically typed
// languages are as strict.
func checkShape[T any](t testing.TB, name string, raw []byte) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v in %s", name, err, raw)
	}
	for _, problem := range shapeProblems(name, v, reflect.TypeFor[T]()) {
		t.Error(problem)
	}
}

// decimal matches the form of numbers in answers: typed clients do not accept 5.0
// for 5.
var (
	signed   = regexp.MustCompile(`^-?[0-9]+$`)
	unsigned = regexp.MustCompile(`^[0-9]+$`)
)

func shapeProblems(path string, v any, t reflect.Type) []string {
	ok := false
	switch t.Kind() {
	case reflect.Pointer:
		return shapeProblems(path, v, t.Elem())
	case reflect.Struct:
		if object, isObject := v.(map[string]any); isObject {
			return objectProblems(path, object, t)
		}
	case reflect.Slice:
		if list, isList := v.([]any); isList {
			var problems []string
			for i, item := range list {
				problems = append(problems, shapeProblems(fmt.Sprintf("%s[%d]", path, i), item, t.Elem())...)
			}
			return problems
		}
	case reflect.String:
		_, ok = v.(string)
	case reflect.Bool:
		_, ok = v.(bool)
	case reflect.Int, reflect.Int64:
		n, isNumber := v.(json.Number)
		ok = isNumber && signed.MatchString(n.String())
	case reflect.Uint64:
		n, isNumber := v.(json.Number)
		ok = isNumber && unsigned.MatchString(n.String())
	case reflect.Float64:
		_, ok = v.(json.Number)
	}
	if ok {
		return nil
	}
	return []string{fmt.Sprintf("%s is %T %.80v, want %s", path, v, v, t)}
}

func objectProblems(path string, object map[string]any, t reflect.Type) []string {
	var problems []string
	known := map[string]bool{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		known[name] = true
		if v, sent := object[name]; sent {
			problems = append(problems, shapeProblems(path+"."+name, v, t.Field(i).Type)...)
		} else {
			problems = append(problems, path+"."+name+" is missing")
		}
	}
	for name := range object {
		if !known[name] {
			problems = append(problems, path+"."+name+" is unknown")
		}
	}
	return problems
}

func TestShapeProblems(t *testing.T) {
	type item struct {
		N uint64 `json:"n"`
	}
	type doc struct {
		S    string   `json:"s"`
		B    bool     `json:"b"`
		I    int64    `json:"i"`
		F    float64  `json:"f"`
		List []item   `json:"list"`
		Ref  *string  `json:"ref"`
		Text []string `json:"text"`
	}
	for _, tt := range []struct {
		json string
		want int
	}{
		{`{"s":"","b":true,"i":-1,"f":1.5,"list":[{"n":1}],"ref":"","text":[]}`, 0},
		{`{}`, 7},
		{`{"s":1,"b":"true","i":1.0,"f":"1","list":null,"ref":null,"text":[null],"more":1}`, 8},
		{`{"s":"","b":true,"i":1,"f":1,"list":[{"n":-1},{"n":"1"},{}],"ref":"","text":{}}`, 4},
		{`[]`, 1},
	} {
		dec := json.NewDecoder(strings.NewReader(tt.json))
		dec.UseNumber()
		var v any
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if got := shapeProblems("x", v, reflect.TypeFor[doc]()); len(got) != tt.want {
			t.Errorf("%s: %d problems, want %d: %q", tt.json, len(got), tt.want, got)
		}
	}
}
