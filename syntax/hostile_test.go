package syntax

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// readers go over a whole document by each reader, and return its steps.
var readers = map[string]func(ctx context.Context, data []byte) (steps uint64, err error){
	"JSON": func(ctx context.Context, data []byte) (uint64, error) {
		j := NewJSON(ctx, data)
		err := j.Skip()
		return j.Steps(), err
	},
	"JSONC": func(ctx context.Context, data []byte) (uint64, error) {
		j := NewJSONC(ctx, data)
		err := j.Skip()
		return j.Steps(), err
	},
	"TOML": func(ctx context.Context, data []byte) (uint64, error) {
		t := NewTOML(ctx, data)
		_, err := pairs(t)
		return t.Steps(), err
	},
	"YAML": func(ctx context.Context, data []byte) (uint64, error) {
		y := NewYAML(ctx, data)
		for {
			if e, ok, err := y.Next(0); !ok || err != nil {
				return y.lines.Steps(), err
			} else if len(e.Value) > 0 {
				Flow(e.Value, func(_, _ []byte) {})
			}
		}
	},
	"lines": func(ctx context.Context, data []byte) (uint64, error) {
		l := NewLines(ctx, data)
		for {
			if _, ok, err := l.Next(); !ok || err != nil {
				return l.Steps(), err
			}
		}
	},
}

func TestDepth(t *testing.T) {
	for _, c := range []struct{ start, open, shut string }{{"", "[", "]"}, {"", `{"a":`, "}"}, {`{"a":[1,`,
		"[", "]"}} {
		deep := []byte(c.start + strings.Repeat(c.open, 100_000))
		if _, err := readers["JSON"](context.Background(), deep); !errors.Is(err, ErrDeep) {
			t.Errorf("%s: %v", c.open, err)
		}
	}
	full := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	if _, err := readers["JSON"](context.Background(), []byte(full)); err != nil {
		t.Error(err)
	}
	if _, err := dump(NewJSON(context.Background(), []byte("["+full+"]"))); !errors.Is(err, ErrDeep) {
		t.Error(err)
	}
	for _, open := range []string{"[", "{a=", "[{a="} {
		r := NewTOML(context.Background(), []byte("a="+strings.Repeat(open, 100_000)+"\nb='after'\n"))
		got, err := pairs(r)
		if n, first := r.Bad(); err != nil || n != 1 || !errors.Is(first, ErrDeep) || got[len(got)-1] != "|b=after" {
			t.Errorf("%s: %v %v, %d wrong: %v", open, got, err, n, first)
		}
	}
	r := NewTOML(context.Background(), []byte("[a"+strings.Repeat(".a", 100_000)+"]\nb='after'\n"))
	if got, _ := pairs(r); len(got) != 2 {
		t.Errorf("%v", got)
	}
}

// hostileUnits are what is repeated to make readers go over the same bytes again.
var hostileUnits = []string{
	"[", "{", "]", "}", "\"", "'", "\\", "a", " ", "\n", ",", ":", "=", "#", "/*", "//", "a=[\n",
	"a={b=[\n", "a=['''\n", "a=\"\"\"\n", "a='''\n'''\n",
	"[[a]]\n", "[a]\n", "x\n", "a: {\n", "a: b\n", "'a': \"\n", "? a\n: b: c\n", "{\"a\":1,", "[1,",
	"\"\\\"", "a: {\"\\\"", "[\"x\",\n", "a=[\"x\",\n", "a\\\n",
}

// TestStepsAreLinear: of whatever units a document is made, twice the document
// takes no more than twice the steps, and a reader allocates a bounded part of it.
func TestStepsAreLinear(t *testing.T) {
	for name, read := range readers {
		for _, unit := range hostileUnits {
			doc := func(n int) []byte { return bytes.Repeat([]byte(unit), n) }
			const n = 4000
			one, _ := read(context.Background(), doc(n))
			two, _ := read(context.Background(), doc(2*n))
			if float64(two) > 2.4*float64(one)+10 {
				t.Errorf("%s of %q: %d steps, twice of it %d", name, unit, one, two)
			}
			if limit := uint64(4*n*len(unit) + 10); one > limit {
				t.Errorf("%s of %q: %d steps", name, unit, one)
			}
		}
	}
}

// ending is a context that ends after so many looks at it.
type ending struct {
	context.Context
	left int
}

func (e *ending) Err() error {
	if e.left--; e.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestContextIsLookedAt: each reader stops within looks steps of the end.
func TestContextIsLookedAt(t *testing.T) {
	docs := map[string]string{
		"JSON": "[" + strings.Repeat("1,", 100_000), "JSONC": "[" + strings.Repeat("1,", 100_000),
		"TOML": strings.Repeat("a=1\n", 100_000), "YAML": strings.Repeat("a: b\n", 100_000),
		"lines": strings.Repeat("\n", 100_000),
	}
	for name, read := range readers {
		for left := range 5 {
			steps, err := read(&ending{context.Background(), left}, []byte(docs[name]))
			if !errors.Is(err, context.Canceled) || steps > uint64(left+2)*2*looks {
				t.Errorf("%s, %d looks: %d steps, %v", name, left, steps, err)
			}
		}
	}
}

// FuzzJSON holds the reader against encoding/json: what that takes, the reader
// takes as the same, unless it is deeper than MaxDepth.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"\u00e4",{"b":null}],"c":-1.5e3}`, `[[[]]]`, `{"a":1,}`,
		`"\ud800"`, "[1,\n2]", "[}", `{"a`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		j := NewJSON(context.Background(), b)
		got, err := dump(j)
		if err == nil {
			err = j.End()
		}
		var want any
		if json.Unmarshal(b, &want) != nil || errors.Is(err, ErrDeep) {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		a, _ := json.Marshal(got)
		var again any
		if json.Unmarshal(a, &again) != nil {
			t.Fatalf("%q read as %s", b, a)
		}
		x, _ := json.Marshal(again)
		y, _ := json.Marshal(want)
		if !bytes.Equal(x, y) {
			t.Errorf("%q read as %s, want %s", b, x, y)
		}
	})
}

// FuzzText: whatever the bytes, the other readers end, in a number of steps that
// the length bounds.
func FuzzText(f *testing.F) {
	for _, unit := range hostileUnits {
		f.Add([]byte(strings.Repeat(unit, 3)))
	}
	f.Add([]byte("a.\"b\" = [1, {c = '''x'''}] # d\n[[e]]\nf = \"\"\"\\u0041\"\"\"\n"))
	f.Add([]byte("a:\n  'b': {c: d, e: \"f\"}\n? g\n: h: i\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for name, read := range readers {
			if steps, _ := read(context.Background(), b); steps > uint64(4*len(b)+10) {
				t.Errorf("%s: %d steps for %d bytes", name, steps, len(b))
			}
		}
	})
}

// TestCheckJSON: what the guard lets through, encoding/json parses or refuses
// within the limits.
func TestCheckJSON(t *testing.T) {
	full := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	for _, c := range []struct {
		doc    string
		values int
		ok     bool
	}{
		{full, 1000, true}, {"[" + full + "]", 1000, false}, {`["[[{{,\\\"[",1]`, 2, true}, {`["a","b","c"]`, 2, false},
		{"[" + strings.Repeat("{},", 100) + "{}]", 202, true}, {"[" + strings.Repeat("{},", 100) + "{}]", 201, false},
		{`"` + strings.Repeat("\\", 9), 1, true}, {"]]]", 1, true}, {"", 1, true},
		{strings.Repeat(`{"a":`, 1_000_000), 1 << 30, false},
	} {
		if err := CheckJSON([]byte(c.doc), c.values); (err == nil) != c.ok {
			t.Errorf("%.40s, %d values: %v", c.doc, c.values, err)
		}
	}
}

// FuzzCheckJSON holds the guard against a walk over what encoding/json parsed.
func FuzzCheckJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"\"[",{"b":null}],"c":{}}`, `[[[]]]`, `"\\"`, `{"a":1,"a":[2]}`} {
		f.Add([]byte(seed), 4)
	}
	f.Fuzz(func(t *testing.T, b []byte, values int) {
		var v any
		if json.Unmarshal(b, &v) != nil || CheckJSON(b, values) != nil {
			return
		}
		if depth, n := measure(v); depth > MaxDepth || n > values+1 {
			t.Errorf("%q: %d levels, %d values, the limit %d", b, depth, n, values)
		}
	})
}

// measure returns the levels of containers, and the values that are none or empty.
func measure(v any) (depth, values int) {
	var inner []any
	switch v := v.(type) {
	case map[string]any:
		for _, x := range v {
			inner = append(inner, x)
		}
	case []any:
		inner = v
	default:
		return 0, 1
	}
	for _, x := range inner {
		d, n := measure(x)
		depth, values = max(depth, d), values+n
	}
	return depth + 1, max(1, values)
}
