package cloudapi

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// bindTest binds a node to a testRequest. An error must be an *Error.
func bindTest(t *testing.T, n *node, err error) (testRequest, bool) {
	t.Helper()
	var r testRequest
	if err == nil {
		err = binder{missing: MissingParameter}.bind("", n, planFor(reflect.TypeFor[testRequest](), 0),
			reflect.ValueOf(&r).Elem())
	}
	if err != nil {
		if _, ok := errors.AsType[*Error](err); !ok {
			t.Fatalf("%v is not an *Error", err)
		}
		return r, false
	}
	return r, true
}

func FuzzAuthorization(f *testing.F) {
	f.Add("TC3-HMAC-SHA256 Credential=AKID/2020-09-13/tcss/tc3_request, SignedHeaders=content-type;host, Signature=" +
		strings.Repeat("0", 64))
	f.Add("SKIP")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := parseAuthorization(text)
		if err == nil && (len(a.signature) != 32 || len(a.headers) < 2 || strings.Contains(a.scope.service, "/")) {
			t.Errorf("accepted %q as %+v", text, a)
		}
	})
}

// encoding/json decodes the JSON that parseJSON accepts to the same value.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(vectorBody))
	f.Add([]byte(`{"Filters":[{"Name":"a","Values":["b",null],"ExactMatch":false}],"Timeout":null,"Ratio":-1.5e-3}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		n, err := parseJSON(body)
		r, ok := bindTest(t, n, err)
		if !ok || len(body) == 0 {
			return
		}
		var want testRequest
		if err := json.Unmarshal(body, &want); err != nil && !strings.Contains(err.Error(), "Strings") {
			t.Fatalf("accepted %q, but encoding/json says %v", body, err)
		}
		if r.All != want.All || r.ScanScope != want.ScanScope || r.Delta != want.Delta ||
			len(r.Filters) > len(want.Filters) {
			t.Errorf("%q: got %+v, want %+v", body, r, want)
		}
	})
}

func FuzzForm(f *testing.F) {
	f.Add("All=true&Images.0=sha256%3Aaaa&Filters.0.Name=x&Filters.0.Values.0=y+z&Timeout=1")
	f.Add("Images.9999999999=1&Images=2&&=&.=.")
	f.Fuzz(func(t *testing.T, query string) {
		params, err := parseQuery(query)
		if err != nil {
			return
		}
		n, err := flattened(params, isV1Common)
		r, _ := bindTest(t, n, err)
		if len(r.Images)+len(r.Filters) > len(query) {
			t.Errorf("%d bytes gave %d elements", len(query), len(r.Images)+len(r.Filters))
		}
	})
}

func FuzzMultipart(f *testing.F) {
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"All\"\r\n\r\ntrue\r\n--b--\r\n"), "b")
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"Images\"\r\n"+
		"Content-Type: application/json\r\n\r\n[\"a\"]\r\n--b--\r\n"), "b")
	f.Fuzz(func(t *testing.T, body []byte, boundary string) {
		n, err := parseMultipart(body, boundary)
		bindTest(t, n, err)
	})
}

// A tree that a client flattens is the same as the one it sends as JSON.
func TestFormsAgree(t *testing.T) {
	filters := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) testFilter {
		return testFilter{rapid.String().Draw(t, "name"), rapid.SliceOfN(rapid.String(), 1, 12).Draw(t, "values"),
			rapid.Bool().Draw(t, "exact")}
	}), 1, 12)
	rapid.Check(t, func(rt *rapid.T) {
		want := testRequest{All: rapid.Bool().Draw(rt, "all"), Delta: rapid.Int64().Draw(rt, "delta"),
			ScanScope: rapid.Uint64().Draw(rt, "scope"), Ratio: rapid.Float64().Draw(rt, "ratio"),
			Filters: filters.Draw(rt, "filters")}
		body, err := json.Marshal(want)
		if err != nil {
			rt.Fatal(err)
		}
		n, err := parseJSON(body)
		fromJSON, ok := bindTest(t, n, err)
		if !ok {
			rt.Fatalf("refused %s", body)
		}
		params := map[string]string{}
		flatten(params, "", n)
		n, err = flattened(params, nil)
		fromForm, ok := bindTest(t, n, err)
		if !ok || !reflect.DeepEqual(fromJSON, fromForm) {
			rt.Fatalf("JSON %+v, form %+v", fromJSON, fromForm)
		}
	})
}

// flatten flattens a tree as the SDKs do.
func flatten(params map[string]string, path string, n *node) {
	switch n.kind {
	case kindNull:
	case kindList, kindObject:
		for i, item := range n.items {
			name := strconv.Itoa(i)
			if n.kind == kindObject {
				name = n.names[i]
			}
			flatten(params, join(path, name), item)
		}
	default:
		params[path] = n.text
	}
}

// A request signed in any of the forms is accepted, and refused with any other
// secret.
func TestSignVerify(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := newFixture(t)
		q := tc3Request{
			method: rapid.SampledFrom([]string{"GET", "POST"}).Draw(rt, "method"),
			target: rapid.SampledFrom([]string{
				"/", "/api", "/?Images.0=a%20b", "/x%2Fy/?All=true",
			}).Draw(rt, "target"),
			contentType: rapid.SampledFrom([]string{
				"application/json", "Application/JSON; Charset=UTF-8",
			}).Draw(rt, "type"),
			body:    `{"Images":["` + rapid.StringMatching(`[ -!#-\[\]-~]*`).Draw(rt, "image") + `"]}`,
			host:    rapid.SampledFrom([]string{"a.example.com", "127.0.0.1:80", "[::1]:8443"}).Draw(rt, "host"),
			service: rapid.StringMatching(`[a-z0-9:.]{1,20}`).Draw(rt, "service"),
		}
		if rapid.Bool().Draw(rt, "bare host") {
			q.signedHost = withoutPort(q.host)
		}
		if rapid.Bool().Draw(rt, "slash") {
			q.uri = "/"
		}
		if a := f.send(t, q.http()); a.Code != "" {
			rt.Fatalf("%+v: %s %s", q, a.Code, a.Message)
		}
		q.secret = rapid.StringMatching(`[a-zA-Z0-9]{1,40}`).
			Filter(func(s string) bool { return s != testSecret }).Draw(rt, "secret")
		if a := f.send(t, q.http()); a.Code != AuthSignatureFailure {
			rt.Fatalf("%+v: %s %s", q, a.Code, a.Message)
		}
	})
}
