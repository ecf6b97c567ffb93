package sbom_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/sbom"
)

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		kind landwaiter.ErrorKind
		says string
	}{
		"nothing":        {``, landwaiter.Unsupported, "not in JSON"},
		"a list":         {`[]`, landwaiter.Unsupported, "not in JSON"},
		"XML":            {`<?xml version="1.0"?><bom/>`, landwaiter.Unsupported, "not in JSON"},
		"tag-value":      {"SPDXVersion: SPDX-2.3\n", landwaiter.Unsupported, "not in JSON"},
		"other JSON":     {`{"a": 1}`, landwaiter.Invalid, "not an SBOM"},
		"another format": {`{"bomFormat": "Other", "components": []}`, landwaiter.Invalid, "not an SBOM"},
		"SPDX 3": {`{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}`,
			landwaiter.Unsupported, "SPDX 3"},
		"cut off":          {`{"bomFormat": "CycloneDX", "components": [{"name": "a`, landwaiter.Corrupt, "not valid JSON"},
		"wrong brackets":   {`{"bomFormat": "CycloneDX", "components": [}`, landwaiter.Corrupt, "not valid JSON"},
		"deep components":  {strings.Repeat(`{"components":[`, 40), landwaiter.TooLarge, "levels deep"},
		"deep elsewhere":   {`{"x":` + strings.Repeat(`[`, 1<<16), landwaiter.Corrupt, "max depth"},
		"many envelopes":   {wrap(wrap(wrap(`{"spdxVersion":"SPDX-2.3"}`))), landwaiter.TooLarge, "envelopes"},
		"a broken payload": {`{"payload": "%%%%"}`, landwaiter.Corrupt, "base64"},
	} {
		_, err := sbom.Read(strings.NewReader(c.text))
		if landwaiter.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%s: %v (%s), want %s and %q", name, err, landwaiter.KindOf(err), c.kind, c.says)
		}
	}
}

func TestTooManyPackages(t *testing.T) {
	text := `{"bomFormat":"CycloneDX","components":[` + strings.Repeat(`{},`, 1<<18) + `{}]}`
	if _, err := sbom.Read(strings.NewReader(text)); landwaiter.KindOf(err) != landwaiter.TooLarge {
		t.Errorf("%v", err)
	}
}

func TestTooManyThings(t *testing.T) {
	text := `{"bomFormat":"CycloneDX","components":[{"properties":[` + strings.Repeat(`{},`, 1<<23) + `{}]}]}`
	if _, err := sbom.Read(strings.NewReader(text)); landwaiter.KindOf(err) != landwaiter.TooLarge {
		t.Errorf("%v", err)
	}
}

func TestTooLargeDocument(t *testing.T) {
	endless := io.MultiReader(strings.NewReader(`{"x":`), spaces{})
	if _, err := sbom.Read(endless); landwaiter.KindOf(err) != landwaiter.TooLarge {
		t.Errorf("%v", err)
	}
}

// spaces never end.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestBrokenFile(t *testing.T) {
	broken := io.MultiReader(strings.NewReader(`{"x":[`), errorReader{})
	if _, err := sbom.Read(broken); err == nil || !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// wrap puts a document into a DSSE envelope.
func wrap(text string) string {
	return `{"payloadType":"application/vnd.in-toto+json","payload":"` + base64.StdEncoding.EncodeToString([]byte(text)) +
		`","signatures":[]}`
}

func TestEnvelopes(t *testing.T) {
	statement := `{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://cyclonedx.org/bom","predicate":` +
		syftCycloneDX + `}`
	want := read(t, syftCycloneDX)
	for name, text := range map[string]string{"statement": statement, "envelope": wrap(statement),
		"byte order mark": "\ufeff" + syftCycloneDX} {
		if !sbom.Looks([]byte(text)[:64]) {
			t.Errorf("%s: is not taken for an SBOM", name)
		}
		if diff := cmp.Diff(want.Packages, read(t, text).Packages); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A value of another kind than the format's counts as not there, and what is
// too long to be a name is none.
func TestOtherKinds(t *testing.T) {
	long := strings.Repeat("a", 1<<13)
	doc := read(t, `{"bomFormat":"CycloneDX","specVersion":16,"metadata":[1],"components":[
	 7, null, {"name":["a"],"version":{},"purl":7,"properties":{"a":[{}]},"evidence":[{"x":1}]},
	 {"name":"b","version":"1","purl":"pkg:npm/b@1","properties":[1,{"name":[],"value":{}}],
  "evidence":{"occurrences":[1,{"location":[]}]}},
	 {"name":"c","purl":"pkg:npm/`+long+`@1"}, {"name":"d","purl":"pkg:npm/d"}, {"name":"e","purl":"nonsense"}]}`)
	if len(doc.Packages) != 1 || doc.Packages[0].Name != "b" || doc.Listed != 7 {
		t.Errorf("%d listed: %+v", doc.Listed, doc.Packages)
	}
	for _, want := range []string{"6 of 7", "4 without a package URL", "1 without a name or version",
		"1 with a package URL that cannot be read"} {
		if !strings.Contains(doc.Unused(), want) {
			t.Errorf("no %q in %s", want, doc.Unused())
		}
	}
}

func TestLooks(t *testing.T) {
	for text, want := range map[string]bool{
		"{": true, " \n{\"a\"": true, "<?xml ": true, "SPDXVersion: SPDX-2.3": true, "": false, "PK\x03\x04": false,
		"manifest.json\x00": false, "[": false,
	} {
		if got := sbom.Looks([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// Whatever is read can be written and is then read as the same.
func fuzz(f *testing.F, write func(io.Writer, *landwaiter.Report, string) error) {
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := sbom.Read(bytes.NewReader(data))
		if err != nil {
			if landwaiter.KindOf(err) == landwaiter.Internal {
				t.Fatalf("an error without a kind: %v", err)
			}
			return
		}
		doc.Unused()
		var b bytes.Buffer
		if err := write(&b, &landwaiter.Report{Image: doc.Image, Distro: doc.Distro, Packages: doc.Packages},
			"1"); err != nil {
			t.Fatal(err)
		}
		if _, err := sbom.Read(&b); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}

func FuzzCycloneDX(f *testing.F) {
	f.Add([]byte(syftCycloneDX))
	f.Add([]byte(wrap(syftCycloneDX)))
	f.Add([]byte(`{"bomFormat":"CycloneDX","components":[{"type":"library","components":[{"name":"a"}],` +
		`"purl":"pkg:rpm/a/b@1?epoch=1&upstream=a-1-2.src.rpm"}]}`))
	fuzz(f, sbom.WriteCycloneDX)
}

func FuzzSPDX(f *testing.F) {
	var b bytes.Buffer
	if err := sbom.WriteSPDX(&b, debian(), "1"); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"spdxVersion":"SPDX-2.3","packages":[{"sourceInfo":"built package from: a 1",` +
		`"attributionTexts":["a: b"]}]}`))
	fuzz(f, sbom.WriteSPDX)
}
