package advisory

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

func TestParse(t *testing.T) {
	raw := `{"schema_version":"1.6.0","id":"GHSA-1","aliases":["CVE-2024-1","bad id"],
		"upstream":["CVE-2024-2"],"related":["CVE-2024-3"],
		"summary":"s","details":"d","published":"2024-01-02T03:04:05Z","modified":"2030-01-01T00:00:00.5+01:00",
		"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
			{"type":"Ubuntu","score":"low"}],
		"references":[{"type":"WEB","url":"https://example.org"},{"type":"WEB","url":"javascript:alert(1)"}],
		"database_specific":{"severity":"MODERATE","cwe_ids":["CWE-1"]},
		"affected":[
			{"package":{"ecosystem":"PyPI","name":"Foo._Bar","purl":"x"},"versions":["1.0"],
			 "ranges":[{"type":"GIT","repo":"r","events":[{"introduced":"abc"}]},
			  {"type":"ECOSYSTEM","events":[{"introduced":"0"},{"last_affected":"2"}]}],
			 "ecosystem_specific":{"urgency":"unimportant"}},
			{"package":{"ecosystem":"NuGet","name":"Foo.Bar"},"database_specific":["odd"]},
			{"ranges":[{"type":"GIT","events":[]}]}]}`
	want := &landwaiter.Advisory{
		ID: "GHSA-1", Aliases: []string{"CVE-2024-1"}, Upstream: []string{"CVE-2024-2"}, Related: []string{"CVE-2024-3"},
		Summary: "s", Details: "d", Urgency: "moderate", CWEs: []string{"CWE-1"}, Refs: []string{"https://example.org"},
		Published: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), Modified: time.Date(2029, 12, 31, 23, 0, 0, 5e8, time.UTC),
		Severity: []landwaiter.Vector{{Type: "CVSS_V3", Score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}},
		Affected: []landwaiter.Affected{
			{Ecosystem: "PyPI", Name: "foo-bar", Versions: []string{"1.0"}, Urgency: "unimportant", Ranges: []landwaiter.Range{
				{Type: "ECOSYSTEM", Events: []landwaiter.Event{{Introduced: "0"}, {LastAffected: "2"}}}}},
			{Ecosystem: "NuGet", Name: "foo.bar"},
		},
	}
	got, err := Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseUrgency(t *testing.T) {
	for name, c := range map[string]struct{ raw, record, entry string }{
		"title of an erratum": {`"summary":"Important: kernel security update"`, "important", ""},
		"not in a title":      {`"summary":"Fix: important thing"`, "", ""},
		"score alone":         {`"database_specific":{"cvss_v3":9.1}`, "critical", ""},
		"score of wrong type": {`"database_specific":{"cvss_v3":"9.1"}`, "", ""},
		"unmaintained crate": {`"affected":[{"package":{"ecosystem":"crates.io","name":"a"},
			"database_specific":{"informational":"unmaintained"}}]`, "", "unmaintained"},
		"no object": {`"database_specific":"x"`, "", ""},
	} {
		a, err := Parse([]byte(`{"id":"X-1",` + c.raw + `}`))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		entry := ""
		if len(a.Affected) > 0 {
			entry = a.Affected[0].Urgency
		}
		if a.Urgency != c.record || entry != c.entry {
			t.Errorf("%s: urgency %q, entry %q, want %q, %q", name, a.Urgency, entry, c.record, c.entry)
		}
	}
}

func TestParseDates(t *testing.T) {
	for raw, withdrawn := range map[string]bool{
		`"withdrawn":"2024-01-01T00:00:00Z"`: true,
		`"withdrawn":"yesterday"`:            true,
		`"withdrawn":"0001-01-01T00:00:00Z"`: false,
		`"published":"0001-01-01T00:00:00Z"`: false,
	} {
		a, err := Parse([]byte(`{"id":"X-1",` + raw + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if a.Withdrawn.IsZero() == withdrawn || !a.Published.IsZero() {
			t.Errorf("%s: withdrawn %v, published %v", raw, a.Withdrawn, a.Published)
		}
	}
}

func TestParseLiftsSharedSeverity(t *testing.T) {
	const entry = `{"package":{"ecosystem":"Bitnami","name":"x"},` +
		`"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}`
	shared, err := Parse([]byte(`{"id":"B-1","affected":[` + entry + `,` + entry + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(shared.Severity) != 1 || shared.Affected[0].Severity != nil {
		t.Errorf("record %v, entry %v", shared.Severity, shared.Affected[0].Severity)
	}
	apart, err := Parse(
		[]byte(`{"id":"B-1","affected":[` + entry + `,` + strings.Replace(entry, "/C:H", "/C:L", 1) + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	if apart.Severity != nil || len(apart.Affected[1].Severity) != 1 {
		t.Errorf("record %v, entry %v", apart.Severity, apart.Affected[1].Severity)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		kind landwaiter.ErrorKind
	}{
		"nothing":        {``, landwaiter.Corrupt},
		"no ID":          {`{"summary":"x"}`, landwaiter.Corrupt},
		"ID with a path": {`{"id":"../x"}`, landwaiter.Corrupt},
		"wrong type":     {`{"id":"X-1","affected":{}}`, landwaiter.Corrupt},
		"cut off":        {`{"id":"X-1","affected":[`, landwaiter.Corrupt},
		"many objects":   {`{"id":"X-1","affected":[` + strings.Repeat("{},", maxObjects) + `{}]}`, landwaiter.TooLarge},
		"long":           {`{"id":"X-1","details":"` + strings.Repeat("x", MaxRecord) + `"}`, landwaiter.TooLarge},
	} {
		if _, err := Parse([]byte(c.raw)); landwaiter.KindOf(err) != c.kind {
			t.Errorf("%s: %v, want %s", name, err, c.kind)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(
		[]byte(
			`{"id":"X-1","affected":[{"package":{"ecosystem":"Debian:12","name":"a"},` +
				`"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1"}]}]}],"database_specific":{"severity":1}}`,
		),
	)
	f.Add([]byte(`{"id":"X-1","severity":[{}],"affected":[{"severity":[{"type":"CVSS_V3"}]}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := Parse(raw)
		if (a == nil) == (err == nil) {
			t.Fatalf("advisory %v with error %v", a, err)
		}
		if a != nil && !validID(a.ID) {
			t.Fatalf("ID %q", a.ID)
		}
	})
}
