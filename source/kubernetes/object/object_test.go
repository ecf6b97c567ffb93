package object

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

func TestDecodeList(t *testing.T) {
	for _, c := range []struct {
		in, next string
		items    int
		kind     landwaiter.ErrorKind
	}{
		{`{"kind":"PodList","metadata":{"continue":"x"},"items":[{},{"a":1}]}`, "x", 2, ""},
		{`{"items":null,"metadata":{}}`, "", 0, ""},
		{`{"items":{}}`, "", 0, landwaiter.Corrupt},
		{`{"items":[1]}`, "", 0, landwaiter.Corrupt},
		{`{"metadata":[]}`, "", 0, landwaiter.Corrupt},
		{`[]`, "", 0, landwaiter.Corrupt},
		{`{"metadata":{"continue":"` + strings.Repeat("x", maxObject) + `"}}`, "", 0, landwaiter.TooLarge},
		{`{"items":[{"a":"` + strings.Repeat("x", maxObject) + `"}]}`, "", 0, landwaiter.TooLarge},
		{`{"items":[{}`, "", 1, landwaiter.Internal}, // the connection broke
		{``, "", 0, landwaiter.Internal},
		{"{\"items\":[]} \t\r\n", "", 0, ""},
		{`{"a":1e999}`, "", 0, ""}, // valid JSON that no float64 holds
		{`{"a":1}"continue":"x"`, "", 0, landwaiter.Corrupt},
		{`{"metadata":{"continue":"x"}}{"metadata":{"continue":"y"}}`, "", 0, landwaiter.Corrupt},
		{`{"items":[{}]}]`, "", 1, landwaiter.Corrupt},
		{`{}` + strings.Repeat(" ", 600) + `,`, "", 0, landwaiter.Corrupt},
		{"{}\v", "", 0, landwaiter.Corrupt},
	} {
		n := 0
		next, err := DecodeList(strings.NewReader(c.in), func(json.RawMessage) error { n++; return nil })
		if (err == nil && next != c.next) || n != c.items || landwaiter.KindOf(err) != c.kind {
			t.Errorf("%.60s: %q, %d items, %v (%s)", c.in, next, n, err, landwaiter.KindOf(err))
		}
	}
}

// TestDecodeListGrammar holds DecodeList against json.Valid for every short
// sequence of tokens, so that no separator may be missing, doubled or wrong.
func TestDecodeListGrammar(t *testing.T) {
	tokens := []string{`{`, `}`, `[`, `]`, `,`, `:`, `"items"`, `"a"`, `1`, `null`, ` `}
	var grow func(in string, more int)
	grow = func(in string, more int) {
		_, err := DecodeList(strings.NewReader(in), func(json.RawMessage) error { return nil })
		if err == nil && !json.Valid([]byte(in)) {
			t.Errorf("accepted what is no JSON: %s", in)
		}
		for _, token := range tokens {
			if more > 0 {
				grow(in+token, more-1)
			}
		}
	}
	for _, start := range []string{
		`{`, `{"a":1`, `{"a":{}`, `{"a":1}`, `{"items":`, `{"items":[`, `{"items":[{}`, `{"items":[{}]`,
	} {
		grow(start, 4)
	}
}

func FuzzDecodeList(f *testing.F) {
	f.Add(
		[]byte(
			`{"metadata":{"continue":"x"},"items":[` +
				`{"metadata":{"name":"p","ownerReferences":[{}]},"status":{"containerStatuses":[{"imageID":"x"}]}},null]}`,
		),
	)
	f.Add(
		[]byte(
			`{"items":[{"metadata":{"name":"p","labels":{"pod-template-hash":"1"},` +
				`"ownerReferences":[{"kind":"ReplicaSet","name":"web-1","controller":true}]}}]}`,
		),
	)
	f.Add(
		[]byte(
			`{"items":[{"metadata":{"name":"p","creationTimestamp":"2026-01-02T03:04:05Z",` +
				`"ownerReferences":[{"kind":"Job","name":"j-29000000","controller":true}]}}]}`,
		),
	)
	f.Add([]byte(`{"a":1}"continue":"x"`))
	f.Add([]byte(`{"a":1e999}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		_, err := DecodeList(bytes.NewReader(raw), func(raw json.RawMessage) error {
			var p Pod
			if err := Unmarshal(raw, &p); err != nil {
				return err
			}
			told := len(p.Status.InitContainerStatuses) + len(
				p.Status.ContainerStatuses) + len(p.Status.EphemeralContainerStatuses)
			if got := len(p.Containers()); got != told {
				t.Errorf("%d containers of %d", got, told)
			}
			if w := p.Workload(); len(w.Kind) > MaxName || len(w.Name) > MaxName {
				t.Errorf("workload %+v", w)
			}
			return nil
		})
		if err == nil && !json.Valid(raw) {
			t.Errorf("accepted what is no JSON: %q", raw)
		}
	})
}
