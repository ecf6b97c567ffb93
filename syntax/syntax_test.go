package syntax

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dump shows what a JSON reader makes of a document, for comparison with
// encoding/json.
func dump(j *JSON) (any, error) {
	c, err := j.peek()
	if err != nil {
		return nil, err
	}
	switch c {
	case '{':
		m := map[string]any{}
		_, err := j.Object(func(key []byte) error {
			k := string(key)
			v, err := dump(j)
			m[k] = v
			return err
		})
		return m, err
	case '[':
		list := []any{}
		_, err := j.Array(func() error {
			v, err := dump(j)
			list = append(list, v)
			return err
		})
		return list, err
	case '"':
		s, _, err := j.String()
		return s, err
	}
	at := j.pos
	err = j.Skip()
	return json.RawMessage(j.data[at:j.pos]), err
}

func TestJSON(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{"a":[1,"\u00e4\n",{"b":null}],"c":{}}`, `{"a":[1,"ä\n",{"b":null}],"c":{}}`},
		{"\xef\xbb\xbf [ true , -1.5e3 ]", `[true,-1.5e3]`},
		{`{"a":1,}`, ""}, {`[1 2]`, ""}, {`{"a" 1}`, ""}, {`[}`, ""}, {`{"a":[}`, ""}, {`"a`, ""}, {`[1`,
			""}, {``, ""},
		{"[\"a\nb\"]", ""}, {`["\x"]`, ""}, {`{1:2}`, ""},
	} {
		j := NewJSON(context.Background(), []byte(c.in))
		v, err := dump(j)
		if err == nil {
			err = j.End()
		}
		if c.want == "" {
			if err == nil {
				t.Errorf("%q: read as %v", c.in, v)
			}
			continue
		}
		got, _ := json.Marshal(v)
		if err != nil || string(got) != c.want {
			t.Errorf("%q: %s, %v", c.in, got, err)
		}
	}
}

func TestJSONC(t *testing.T) {
	j := NewJSONC(context.Background(), []byte("// x\n{\"a\": /* y */ [1,], // z\n}\n/* end */"))
	v, err := dump(j)
	got, _ := json.Marshal(v)
	if err != nil || string(got) != `{"a":[1]}` || j.End() != nil {
		t.Errorf("%s, %v", got, err)
	}
}

// TestJSONLeft: what a caller does not take is stepped over, and a value of
// another kind costs itself.
func TestJSONLeft(t *testing.T) {
	j := NewJSON(context.Background(), []byte(`{"a":{"x":[[{}]]},"b":"y","c":7,"d":true,"e":null}`))
	var got []string
	_, err := j.Object(func(key []byte) error {
		switch string(key) {
		case "b", "c":
			s, ok, err := j.String()
			got = append(got, fmt.Sprint(s, ok))
			return err
		case "d":
			is, err := j.True()
			got = append(got, fmt.Sprint(is))
			return err
		case "e":
			is, err := j.Null()
			got = append(got, fmt.Sprint(is))
			return err
		}
		return nil
	})
	if d := cmp.Diff([]string{"ytrue", "false", "true", "true"}, got); d != "" || err != nil {
		t.Error(d, err)
	}
}

// pairs reads all of a document as lines "table|key=value".
func pairs(t *TOML) (out []string, err error) {
	table := ""
	for {
		kind, key, err := t.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		var parts []string
		for _, p := range key {
			parts = append(parts, string(p))
		}
		name := strings.Join(parts, "/")
		if kind != Pair {
			table = name
			out = append(out, fmt.Sprint(kind, table))
			continue
		}
		value, ok := t.String()
		if !ok {
			value = "?"
		}
		out = append(out, table+"|"+name+"="+value)
	}
}

func TestTOML(t *testing.T) {
	reader := NewTOML(context.Background(), []byte(`# comment
title = "a\tb\u00e4" # behind
'q.k'.b = 'raw\n'
n = 1979-05-27 07:32:00
list = [ "x", # c
  ['y'], {z = [1,2], w.v = "]"} ]
m = """
two "" lines\"""" # ends in a quote
[a."b.c"]
inline = { x = "1" }
[[p]]
name = "n"
broken line
[[p.q]] x
k = "v"
open = [ "a",
[[p]]
name = "after"
`))
	got, err := pairs(reader)
	want := []string{
		"|title=a\tbä", `|q.k/b=raw\n`, "|n=?", "|list=?", "|m=\ntwo \"\" lines\"", "0a/b.c",
		"a/b.c|inline=?", "1p", "p|name=n",
		"0", "|k=v", "|open=?", "1p", "p|name=after",
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
	if n, first := reader.Bad(); n != 3 || !strings.Contains(fmt.Sprint(first), "line 13") {
		t.Errorf("%d wrong, the first: %v", n, first)
	}
}

func TestTOMLValues(t *testing.T) {
	r := NewTOML(context.Background(), []byte(
		"a = [\"x\", 1, 'y']\nb = {k = \"v\", l = 2}\nc = [{name = \"n\"}, {name = \"m\"}]\n"+
			"d = true\ne = 1\n"))
	var got []string
	for {
		_, key, err := r.Next()
		if err != nil {
			break
		}
		pair := func(key []byte, value string) { got = append(got, string(key)+"="+value) }
		switch string(key[0]) {
		case "a":
			r.Strings(func(s string) { got = append(got, s) })
		case "b":
			got = append(got, fmt.Sprint(r.Inline(pair)))
		case "c":
			r.Tables(pair)
		default:
			got = append(got, fmt.Sprint(r.True()))
		}
	}
	if d := cmp.Diff([]string{"x", "y", "k=v", "true", "name=n", "name=m", "true", "false"}, got); d != "" {
		t.Error(d)
	}
	if n, err := r.Bad(); n != 0 {
		t.Error(n, err)
	}
}

func TestYAML(t *testing.T) {
	y := NewYAML(context.Background(), []byte(
		"%YAML 1.2\n---\na: 1 # c\n'b ''q''': \"x # y\"\nlist:\n"+
			"- i\n  c:\n    /@s/a@1.0.0(b@2): {}\n? \"long key\"\n"+
			": f: v\nGARBAGE\n"))
	var got []string
	for {
		e, ok, err := y.Next(0)
		if !ok || err != nil {
			break
		}
		got = append(got, fmt.Sprintf("%d %s=%s", e.Indent, e.Key, e.Value))
	}
	want := []string{"0 =", "0 a=1", "0 b 'q'=\"x # y\"", "0 list=", "2 c=", "4 /@s/a@1.0.0(b@2)={}",
		"0 long key=", "2 f=v"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if n, err := y.Bad(); n != 1 || !strings.Contains(fmt.Sprint(err), "line 11") {
		t.Error(n, err)
	}
}

func TestFlow(t *testing.T) {
	var got []string
	ok := Flow([]byte(`{a: 1, 'b': "x, y", c: {d: [1, 2]}, e: }`), func(k, v []byte) {
		got = append(got, fmt.Sprintf("%s=%s", k, Scalar(v)))
	})
	if d := cmp.Diff([]string{"a=1", "b=x, y", "c={d: [1, 2]}", "e="}, got); d != "" || !ok {
		t.Error(d, ok)
	}
	for _, s := range []string{"", "{", "a", "[a]", "{'a: 1}"} {
		if Flow([]byte(s), func(_, _ []byte) {}) {
			t.Errorf("%q is a mapping", s)
		}
	}
}

func TestLines(t *testing.T) {
	l := NewLines(context.Background(), []byte("a\r\n\n"+strings.Repeat("x", MaxLine+1)+"\nb"))
	var got []string
	for {
		line, ok, err := l.Next()
		if !ok || err != nil {
			break
		}
		got = append(got, string(line))
	}
	if d := cmp.Diff([]string{"a", "", "b"}, got); d != "" || l.Long() != 1 {
		t.Error(d, l.Long())
	}
}
