package cloudapi

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ptr[T any](v T) *T { return &v }

func TestDecodeJSON(t *testing.T) {
	tests := []struct {
		body    string
		want    testRequest
		code    string
		mention string
	}{
		{body: ``},
		{body: ` {} `},
		{body: `{"All":null,"Images":null,"Timeout":null}`},
		{body: `{"Images":[]}`, want: testRequest{Images: []string{}}},
		{body: `{"Images":["a",null,"b"]}`, want: testRequest{Images: []string{"a", "b"}}},
		{body: `{"All":true,"ScanScope":18446744073709551615,"Delta":-9223372036854775808,"Timeout":0,"Ratio":1.5e3}`,
			want: testRequest{All: true, ScanScope: 1<<64 - 1, Delta: -1 << 63, Timeout: ptr(uint64(0)), Ratio: 1500}},
		{body: `{"Filters":[{"Name":"n","Values":["\u4e2d"],"ExactMatch":true}]}`,
			want: testRequest{Filters: []testFilter{{"n", []string{"中"}, true}}}},
		{body: `{"ExcludeImageIds":"x"}`, want: testRequest{ExcludeImageIds: Strings{"x"}}},
		{body: `{"ExcludeImageIds":["x","y"]}`, want: testRequest{ExcludeImageIds: Strings{"x", "y"}}},

		{body: `{"Foo":1}`, code: UnknownParameter, mention: "Foo"},
		{body: `{"images":[]}`, code: UnknownParameter, mention: "images"},
		{body: `{"Filters":[{"Name":"n","Values":[],"Foo":1}]}`, code: UnknownParameter, mention: "Filters.0.Foo"},
		{body: `{"Filters":[{"Name":"n","Values":[]},{"Name":"n"}]}`, code: MissingParameter,
			mention: "Filters.1.Values"},
		{body: `{"Filters":[{"Name":null,"Values":[]}]}`, code: MissingParameter, mention: "Filters.0.Name"},
		{body: `{"Filters":[{"Name":"n","Values":"x"}]}`, code: InvalidParameterParsing,
			mention: "Filters.0.Values must be a list"},
		{body: `{"Filters":[{"Name":"n","Values":[1]}]}`, code: InvalidParameterParsing,
			mention: "Filters.0.Values.0 must be a string"},
		{body: `{"Filters":["n"]}`, code: InvalidParameterParsing, mention: "Filters.0 must be an object"},
		{body: `{"Filters":{}}`, code: InvalidParameterParsing, mention: "Filters must be a list"},
		{body: `{"All":"true"}`, code: InvalidParameterParsing, mention: "All must be a boolean"},
		{body: `{"All":1}`, code: InvalidParameterParsing, mention: "All"},
		{body: `{"ScanScope":"1"}`, code: InvalidParameterParsing, mention: "ScanScope"},
		{body: `{"ScanScope":1.0}`, code: InvalidParameterParsing, mention: "ScanScope"},
		{body: `{"ScanScope":1e2}`, code: InvalidParameterParsing, mention: "ScanScope"},
		{body: `{"ScanScope":-1}`, code: InvalidParameterParsing, mention: "ScanScope"},
		{body: `{"ScanScope":18446744073709551616}`, code: InvalidParameterParsing, mention: "ScanScope"},
		{body: `{"Delta":9223372036854775808}`, code: InvalidParameterParsing, mention: "Delta"},
		{body: `{"Ratio":1e999}`, code: InvalidParameterParsing, mention: "Ratio"},
		{body: `{"Timeout":[]}`, code: InvalidParameterParsing, mention: "Timeout"},
		{body: `{"All":true,"All":true}`, code: InvalidParameterParsing, mention: "twice"},
		{body: `{} {}`, code: InvalidParameterParsing, mention: "byte"},
		{body: `{}x`, code: InvalidParameterParsing, mention: "byte"},
		{body: `{"All":true,}`, code: InvalidParameterParsing, mention: "byte"},
		{body: `{"Images":["a",]}`, code: InvalidParameterParsing, mention: "byte"},
		{body: `{"Images":["a"`, code: InvalidParameterParsing, mention: "byte"},
		{body: ` `, code: InvalidParameterParsing, mention: "byte"},
		{body: `[]`, code: InvalidParameterParsing, mention: "object"},
		{body: `null`, code: InvalidParameterParsing, mention: "object"},
		{body: "{\"Images\":[\"\xff\"]}", code: InvalidParameterParsing, mention: "UTF-8"},
		{body: `{"Images":` + strings.Repeat("[", 100), code: InvalidParameterParsing, mention: "deep"},
		{body: `{"Images":[` + strings.Repeat(`"",`, maxElements) + `""]}`, code: InvalidParameterParsing,
			mention: "values"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%.60s", tt.body), func(t *testing.T) {
			a := newFixture(t).send(t, tc3Request{body: tt.body}.http())
			checkDecoded(t, a, tt.want, tt.code, tt.mention)
		})
	}
}

func checkDecoded(t *testing.T, a answer, want testRequest, code, mention string) {
	t.Helper()
	must(t, a, code)
	if !strings.Contains(a.Message, mention) {
		t.Errorf("message %q does not mention %q", a.Message, mention)
	}
	if diff := cmp.Diff(want, a.Response.Echo); code == "" && diff != "" {
		t.Error(diff)
	}
}

func TestDecodeFlattened(t *testing.T) {
	many := url.Values{}
	var wantMany []string
	for i := range 12 {
		many.Set(fmt.Sprintf("Images.%d", i), fmt.Sprint(i))
		wantMany = append(wantMany, fmt.Sprint(i))
	}
	tests := []struct {
		query   string
		want    testRequest
		code    string
		mention string
	}{
		{query: ""},
		{query: "All=True&ScanVul=true&ScanRisk=False&Delta=-5&Ratio=0.5&Timeout=0",
			want: testRequest{All: true, ScanVul: true, Delta: -5, Ratio: .5, Timeout: ptr(uint64(0))}},
		{query: "Filters.0.Name=a&Filters.0.Values.0=x+y&Filters.0.Values.1=x%20%26&" +
			"Filters.1.Name=&Filters.1.Values.0=",
			want: testRequest{Filters: []testFilter{{Name: "a", Values: []string{"x y", "x &"}},
				{Values: []string{""}}}}},
		{query: many.Encode(), want: testRequest{Images: wantMany}},
		{query: "ExcludeImageIds=x", want: testRequest{ExcludeImageIds: Strings{"x"}}},
		{query: "ExcludeImageIds.0=x&ExcludeImageIds.1=y", want: testRequest{ExcludeImageIds: Strings{"x", "y"}}},

		{query: "Foo=1", code: UnknownParameter, mention: "Foo"},
		{query: "Action=x", code: UnknownParameter, mention: "Action"},
		{query: "Filters.0.Name=a&Filters.0.Values.0=b&Filters.0.Foo.1=c", code: UnknownParameter,
			mention: "Filters.0.Foo"},
		{query: "Filters.0.Name=a", code: MissingParameter, mention: "Filters.0.Values"},
		{query: "Images=a", code: InvalidParameterParsing, mention: "Images must be a list"},
		{query: "Images.1=a", code: InvalidParameterParsing, mention: "Images must be a list numbered"},
		{query: "Images.0=a&Images.2=b", code: InvalidParameterParsing, mention: "Images"},
		{query: "Images.00=a", code: InvalidParameterParsing, mention: "Images"},
		{query: "Images.-1=a", code: InvalidParameterParsing, mention: "Images"},
		{query: "Images.4294967296=a", code: InvalidParameterParsing, mention: "Images"},
		{query: "Images.x=a", code: InvalidParameterParsing, mention: "Images"},
		{query: "Images.0.0=a", code: InvalidParameterParsing, mention: "Images.0 must be a string"},
		{query: "All.0=true", code: InvalidParameterParsing, mention: "All"},
		{query: "All=1", code: InvalidParameterParsing, mention: "All"},
		{query: "ScanScope=", code: InvalidParameterParsing, mention: "ScanScope"},
		{query: "ScanScope=%2B1", code: InvalidParameterParsing, mention: "ScanScope"},
		{query: "ScanScope=-1", code: InvalidParameterParsing, mention: "ScanScope"},
		{query: "Ratio=NaN", code: InvalidParameterParsing, mention: "Ratio"},
		{query: "Ratio=0x1p1", code: InvalidParameterParsing, mention: "Ratio"},
		{query: "Images.0=a&Images=b", code: InvalidParameterParsing, mention: "prefix"},
		{query: "a.a.a.a.a.a.a.a.a=b", code: InvalidParameterParsing, mention: "parts"},
		{query: "All=true&All=true", code: InvalidParameter, mention: "All"},
		{query: "All=%zz", code: InvalidParameter, mention: "All"},
		{query: "All=%ff", code: InvalidParameter, mention: "UTF-8"},
		{query: strings.Repeat("&", maxParameters), code: InvalidParameter, mention: "parameters"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%.60s", tt.query), func(t *testing.T) {
			r := tc3Request{method: "GET", target: "/?" + tt.query, contentType: typeForm}
			checkDecoded(t, newFixture(t).send(t, r.http()), tt.want, tt.code, tt.mention)
		})
	}
}

func TestDecodeMultipart(t *testing.T) {
	type part struct{ name, contentType, text string }
	tests := []struct {
		name    string
		parts   []part
		want    testRequest
		code    string
		mention string
	}{
		{name: "scalars", parts: []part{{"All", "", "true"}, {"ScanScope", "", "1"}},
			want: testRequest{All: true, ScanScope: 1}},
		{name: "flattened", parts: []part{{"Images.0", "", "a"}, {"Images.1", "", "b"}},
			want: testRequest{Images: []string{"a", "b"}}},
		{name: "JSON", parts: []part{{"Images", "application/json", `["a","b"]`}},
			want: testRequest{Images: []string{"a", "b"}}},
		{name: "JSON of a wrong type", parts: []part{{"Images", "application/json", `["a",1]`}},
			code: InvalidParameterParsing, mention: "Images.1"},
		{name: "JSON broken", parts: []part{{"Images", "application/json", `["a"`}}, code: InvalidParameterParsing,
			mention: "JSON"},
		{name: "text for a list", parts: []part{{"Images", "", "a"}}, code: InvalidParameterParsing,
			mention: "Images must be a list"},
		{name: "unknown", parts: []part{{"Foo", "", "a"}}, code: UnknownParameter, mention: "Foo"},
		{name: "twice", parts: []part{{"All", "", "true"}, {"All", "", "true"}}, code: InvalidParameterParsing,
			mention: "All"},
		{name: "no name", parts: []part{{"", "", "a"}}, code: InvalidRequest},
		{name: "not UTF-8", parts: []part{{"All", "", "\xff"}}, code: InvalidParameter, mention: "UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			w := multipart.NewWriter(&b)
			for _, p := range tt.parts {
				h := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf("form-data; name=%q", p.name)}}
				if p.contentType != "" {
					h.Set("Content-Type", p.contentType)
				}
				pw, err := w.CreatePart(h)
				if err != nil {
					t.Fatal(err)
				}
				pw.Write([]byte(p.text))
			}
			w.Close()
			r := tc3Request{body: b.String(), contentType: w.FormDataContentType()}
			checkDecoded(t, newFixture(t).send(t, r.http()), tt.want, tt.code, tt.mention)
		})
	}
	for _, contentType := range []string{"multipart/form-data", "multipart/form-data; boundary=x",
		"multipart/form-data; boundary=\"\"", "application/octet-stream", "a/b;;"} {
		must(t, newFixture(t).send(t, tc3Request{contentType: contentType, body: "x"}.http()), InvalidRequest)
	}
}

func TestMissingCodeOfAction(t *testing.T) {
	must(t, newFixture(t).send(t, tc3Request{action: "DescribeNeedy"}.http()), InvalidParameterMissing)
}
