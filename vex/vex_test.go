package vex_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/vex"
)

var now = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

// lines formats suppressions as "flaw package image status: reason".
func lines(doc *vex.Document) []string {
	var out []string
	for _, s := range doc.Suppressions {
		out = append(out, strings.Join([]string{s.Vulnerability, s.Package, s.Image, string(s.Status)},
			" ")+": "+s.Reason)
	}
	return out
}

const digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

func open(statements string) string {
	return `{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex/1", "author": "Us",
		"timestamp": "2026-01-01T00:00:00Z", "statements": [` + statements + `]}`
}

func cdx(body string) string {
	return `{"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:1", ` + body + `}`
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		want    []string
		skipped int
	}{
		"a package": {
			open(`{"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:deb/debian/bash@5"}],
				"status": "not_affected", "justification": "component_not_present"}`),
			[]string{"CVE-1 pkg:deb/debian/bash@5  not_affected: component not present"}, 0,
		},
		"version 0.0.1": {
			open(`{"vulnerability": "CVE-1", "products": ["pkg:npm/left"], "status": "fixed"}`),
			[]string{"CVE-1 pkg:npm/left  fixed: fixed, says Us"}, 0,
		},
		"images": {
			open(`{"vulnerability": {"@id": "https://nvd.nist.gov/vuln/detail/CVE-1"}, "status": "not_affected",
				"impact_statement": "no", "products": [
				{"@id": "pkg:oci/web@sha256%3A` + digest[7:] + `?repository_url=example.com/web"},
				{"@id": "pkg:oci/web?repository_url=example.com/shop/web&tag=1",
				"subcomponents": [{"@id": "pkg:npm/left"}, {"@id": "x", "identifiers": {"purl": "pkg:npm/right"}}]},
				{"@id": "pkg:docker/dhi/node"},
				{"@id": "example.com/web@` + digest + `"}]}`),
			[]string{
				"CVE-1  " + digest + " not_affected: no",
				"CVE-1 pkg:npm/left example.com/shop/web:1 not_affected: no",
				"CVE-1 pkg:npm/right example.com/shop/web:1 not_affected: no",
				"CVE-1  dhi/node not_affected: no", "CVE-1  */dhi/node not_affected: no",
				"CVE-1  " + digest + " not_affected: no",
			}, 0,
		},
		"the last statement counts": {
			open(`{"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:npm/left"}],
				"status": "not_affected", "timestamp": "2026-03-01T00:00:00Z", "impact_statement": "late"},
				{"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:npm/left"}], "status": "affected",
				"timestamp": "2026-02-01T00:00:00Z"},
				{"vulnerability": {"name": "CVE-2"}, "products": [{"@id": "pkg:npm/left"}], "status": "not_affected"},
				{"vulnerability": {"name": "CVE-2"}, "products": [{"@id": "pkg:npm/left"}],
				"status": "under_investigation"}`),
			[]string{"CVE-1 pkg:npm/left  not_affected: late"}, 0,
		},
		"unclear scopes": {
			open(`{"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "https://example.com/product"},
				{"@id": "pkg:npm/a", "subcomponents": [{"@id": "pkg:npm/b"}]},
				{"@id": "pkg:oci/web?tag=1", "subcomponents": [{"@id": "b"}]}, {"@id": "pkg:npm"}],
				"status": "not_affected"},
				{"vulnerability": {"name": "CVE-1"}, "status": "not_affected"},
				{"vulnerability": {"name": "CVE-1"}, "status": "good"}, 7,
				{"vulnerability": {}, "products": ["pkg:npm/left"], "status": "fixed"}`),
			nil, 8,
		},
		"CycloneDX": {
			cdx(`"metadata": {"component": {"bom-ref": "app", "type": "container", "name": "shop/web",
				"version": "1.4"}},
				"components": [{"bom-ref": "a", "purl": "pkg:npm/left@1", "components": [{"bom-ref": "b",
				"purl": "pkg:npm/right"}]}],
				"vulnerabilities": [
				{"id": "CVE-1", "analysis": {"state": "not_affected", "justification": "code_not_reachable",
				"detail": "unused"}, "affects": [{"ref": "a"}, {"ref": "urn:cdx:1/1#pkg%3Anpm%2Fnested"}]},
				{"id": "CVE-2", "analysis": {"state": "resolved"}, "affects": [{"ref": "b",
				"versions": [{"version": "2", "status": "unaffected"}, {"version": "3", "status": "affected"},
				{"range": "vers:npm/>1"}]}]},
				{"id": "CVE-3", "analysis": {"state": "false_positive", "detail": "no"}, "affects": [{"ref": "app"}]},
				{"id": "CVE-4", "analysis": {"state": "exploitable"}, "affects": [{"ref": "a"}]}, {"id": "CVE-5"},
				{"id": "CVE-6", "analysis": {"state": "not_affected"}}, {"id": "CVE-7",
				"analysis": {"state": "not_affected"}, "affects": [{"ref": "unknown"}]}]`),
			[]string{
				"CVE-1 pkg:npm/left@1  not_affected: code not reachable: unused",
				"CVE-1 pkg:npm/nested  not_affected: code not reachable: unused",
				"CVE-2 pkg:npm/right@2  fixed: resolved, says urn:uuid:1",
				"CVE-3  shop/web:1.4 not_affected: no", "CVE-3  */shop/web:1.4 not_affected: no",
			}, 3,
		},
		"an ignore list": {
			"# one\n\n# We do not\n# parse XML.\nCVE-1\nCVE-2 # two\n\n" +
				"CVE-3 package=pkg:npm/left#x image=shop/* status=not_affected # three\n",
			[]string{"CVE-1   accepted: We do not parse XML.", "CVE-2   accepted: two",
				"CVE-3 pkg:npm/left#x shop/* not_affected: three"}, 0,
		},
		"an empty list": {"\n", nil, 0},
	} {
		doc, err := vex.Read(strings.NewReader(c.text), "file", now)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(c.want, lines(doc)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if doc.Skipped != c.skipped || len(doc.Reasons) != c.skipped {
			t.Errorf("%s: skipped %d: %q", name, doc.Skipped, doc.Reasons)
		}
	}
}

func TestIgnoreUntil(t *testing.T) {
	doc, err := vex.Read(strings.NewReader("CVE-1 until=2026-12-31 # soon"), "", now)
	if err != nil {
		t.Fatal(err)
	}
	s := doc.Suppressions[0]
	if s.Source != vex.IgnoreSource || s.Expired(time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC)) ||
		!s.Expired(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", s)
	}
}

func TestReadErrors(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		kind landwaiter.ErrorKind
	}{
		"no reason":       {"CVE-1\n", landwaiter.Invalid},
		"an old comment":  {"# about something else\n\nCVE-1\n", landwaiter.Invalid},
		"a pattern":       {"CVE-* # all", landwaiter.Invalid},
		"a strange word":  {"CVE-1 for=ever # x", landwaiter.Invalid},
		"no day":          {"CVE-1 until=tomorrow # x", landwaiter.Invalid},
		"a strange state": {"CVE-1 status=fine # x", landwaiter.Invalid},
		"a short digest":  {"CVE-1 image=sha256:1 # x", landwaiter.Invalid},
		"a long line":     {"CVE-1 # " + strings.Repeat("x", 1<<17), landwaiter.Invalid},
		"broken JSON":     {`{"@context": "openvex`, landwaiter.Corrupt},
		"other JSON":      {`{"a": 1}`, landwaiter.Unsupported},
		"CSAF of no use":  {`{"document": {"category": "csaf_base"}}`, landwaiter.Unsupported},
		"broken CSAF":     {`{"document": {"category": "csaf_vex"}, "vulnerabilities": [{]}`, landwaiter.Corrupt},
		"a wrong type":    {`{"@context": "https://openvex.dev/ns", "author": 7}`, landwaiter.Invalid},
		"a huge one":      {strings.Repeat(" ", 33<<20), landwaiter.TooLarge},
		"a huge element":  {open(`"` + strings.Repeat("x", 3<<20) + `"`), landwaiter.TooLarge},
		"too many": {open(strings.TrimSuffix(strings.Repeat(`{"vulnerability":"CVE-1","status":"fixed",
			"products":["pkg:npm/a","pkg:npm/b","pkg:npm/c","pkg:npm/d"]},`, 30_000), ",")), landwaiter.TooLarge},
	} {
		if _, err := vex.Read(strings.NewReader(c.text), "file", now); landwaiter.KindOf(err) != c.kind {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
		}
	}
}

// All statements in the documents of Docker's hardened images are understood.
func TestDockerDocuments(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(realtest.Shared(t, "data", "enrich", "dhi-vex", "vex"), "*", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	total := 0
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := vex.Read(f, filepath.Base(path), now)
		f.Close()
		if err != nil || doc.Skipped > 0 {
			t.Fatalf("%s: %v, %+v", path, err, doc)
		}
		total += len(doc.Suppressions)
	}
	if total == 0 {
		t.Error("the documents suppress nothing")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(open(`{"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:oci/a@sha256:1?tag=2",
		"subcomponents": ["pkg:npm/left"]}], "status": "not_affected"}`)))
	f.Add([]byte(cdx(`"components": [{"bom-ref": "a", "purl": "pkg:npm/left@1"}], "vulnerabilities": [{"id": "C",
		"analysis": {"state": "resolved"}, "affects": [{"ref": "a", "versions": [{"version": "2"}]}]}]`)))
	f.Add([]byte("# why\nCVE-1 package=x image=y* until=2026-01-01 status=fixed # z"))
	f.Add([]byte(csaf(`{"cve": "CVE-1", "product_status": {"known_not_affected": ["el6:kernel", "web:left"],
		"fixed": ["left"]}}`)))
	f.Fuzz(func(t *testing.T, data []byte) { readAny(t, string(data)) })
}

// readAny reads any text and checks that the result is valid, or that the error
// has a kind.
func readAny(t *testing.T, text string) {
	t.Helper()
	doc, err := vex.Read(strings.NewReader(text), "file", now)
	if err != nil {
		if landwaiter.KindOf(err) == landwaiter.Internal {
			t.Errorf("an error without a kind: %v", err)
		}
		return
	}
	for _, s := range doc.Suppressions {
		if err := s.Check(); err != nil || s.Source == "" {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

// TestDeepSubcomponents checks that nested subcomponents are ignored, however
// deep they are.
func TestDeepSubcomponents(t *testing.T) {
	deep := strings.Repeat(`{"@id":"pkg:npm/b","subcomponents":[`, 4000) + `{"@id":"pkg:npm/c"}` +
		strings.Repeat(`]}`, 4000)
	doc, err := vex.Read(strings.NewReader(open(`{"vulnerability":{"name":"CVE-1"},"status":"fixed",`+
		`"products":[{"@id":"pkg:npm/a","subcomponents":[`+deep+`]}]}`)), "file", now)
	if err != nil || len(doc.Suppressions)+doc.Skipped != 1 {
		t.Errorf("%+v, %v", doc, err)
	}
}
