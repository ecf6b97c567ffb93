package advisory

import (
	"bufio"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

func onDay(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestParseKEV(t *testing.T) {
	got, err := ParseKEV([]byte(`{"catalogVersion":"1","vulnerabilities":[
		{"cveID":"CVE-2024-1","dateAdded":"2024-02-03","cwes":["CWE-77","CWE-77","NVD-CWE-noinfo"]},
		{"cveID":"CVE-2024-2","dateAdded":"soon"},{"cveID":"x","dateAdded":"2024-02-03"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []landwaiter.Enrichment{{CVE: "CVE-2024-1", KEV: onDay("2024-02-03"), CWEs: []string{"CWE-77"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := ParseKEV([]byte(`[]`)); landwaiter.KindOf(err) != landwaiter.Corrupt {
		t.Errorf("an array gave %v", err)
	}
	many := `{"vulnerabilities":[` + strings.Repeat("{},", maxValues) + "{}]}"
	if _, err := ParseKEV([]byte(many)); landwaiter.KindOf(err) != landwaiter.TooLarge {
		t.Errorf("a million empty entries gave %v", err)
	}
}

// readAllCSV collects what readCSV finds.
func readAllCSV(in string) (cves []landwaiter.Enrichment, cycles []landwaiter.Lifecycle, err error) {
	err = readCSV(strings.NewReader(in), func(l []landwaiter.Enrichment) error {
		cves = append(cves, l...)
		return nil
	}, func(l []landwaiter.Lifecycle) error {
		cycles = append(cycles, l...)
		return nil
	})
	return cves, cycles, err
}

func TestReadCSV(t *testing.T) {
	const vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
	for name, c := range map[string]struct {
		in     string
		cves   []landwaiter.Enrichment
		cycles []landwaiter.Lifecycle
		err    error
	}{
		"vulnrichment": {
			in: "cve,cvss_version,vector,score,source,exploitation,automatable,technical_impact,kev_date,cwes\r\n" +
				"CVE-2024-1,cvssV3_1," + vector + ",9.8,adp,Active,yes,total,2024-05-06,\"CWE-1,CWE-2\"\r\n" +
				"CVE-2024-2,,nonsense,,,weird,,,,\nnot-a-cve,,,,,poc,,,,\n",
			cves: []landwaiter.Enrichment{{CVE: "CVE-2024-1", CVSSVector: vector, Exploit: "active", KEV: onDay("2024-05-06"),
				CWEs: []string{"CWE-1", "CWE-2"}}},
		},
		"EPSS": {
			in:   "#model_version:v2025.03.14,score_date:2026-01-01\ncve,epss,percentile\nCVE-2024-1,0.25,0.9\nCVE-2024-2,7,1\n",
			cves: []landwaiter.Enrichment{{CVE: "CVE-2024-1", EPSS: 0.25}},
		},
		"debian": {
			in: "version,codename,series,created,release,eol,eol-lts,eol-elts\n" +
				"12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30,2033-06-30\n,Sid,sid,1993-08-16,1993-08-16\n",
			cycles: []landwaiter.Lifecycle{{Product: "debian", Cycle: "12", EOL: onDay("2028-07-01")}},
		},
		"ubuntu": {
			in: "version,codename,series,created,release,eol,eol-server,eol-esm\n" +
				"22.04 LTS,Jammy Jellyfish,jammy,2021-10-14,2022-04-21,2027-06-01,2027-06-01,2032-04-21\n",
			cycles: []landwaiter.Lifecycle{{Product: "ubuntu", Cycle: "22.04", EOL: onDay("2027-06-02")}},
		},
		"another table": {in: "a,b\n1,2\n", err: errForeign},
		"empty":         {err: errForeign},
	} {
		cves, cycles, err := readAllCSV(c.in)
		if err != c.err {
			t.Errorf("%s: %v, want %v", name, err, c.err)
		}
		if diff := cmp.Diff(c.cves, cves) + cmp.Diff(c.cycles, cycles); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestReadCSVLongLine(t *testing.T) {
	_, _, err := readAllCSV("cve,vector\nCVE-2024-1," + strings.Repeat("x", maxLine))
	if landwaiter.KindOf(err) != landwaiter.Corrupt {
		t.Errorf("a line beyond the limit gave %v", err)
	}
}

func TestParseReleases(t *testing.T) {
	got, err := ParseReleases("debian", []byte(`{"releases":{"9":{"name":"9","eol":"2020-07-18","eoes":"2022-07-01"},
		"8":{"releaseDate":"2015-04-25","eol":true},"14":{"eol":false},"13":{"eol":null}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []landwaiter.Lifecycle{
		{Product: "debian", Cycle: "8", EOL: onDay("2015-04-25")},
		{Product: "debian", Cycle: "9", EOL: onDay("2022-07-01")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

const productFile = `---
title: Alpine
permalink: /alpine-linux
auto:
  methods:
    - releaseCycle: "no"
      eol: 2001-01-01

releases:
  - releaseCycle: "3.11"
    releaseDate: 2019-12-19
    eol: 2021-11-01 # a guess
    eoes: 2031-11-01
    link: https://alpinelinux.org/posts/Alpine-3.11.0-released.html

    latestReleaseDate: 2021-01-01
  - releaseCycle: '2.0'
    eol: false
---

> text
  - releaseCycle: "1"
    eol: 2001-01-01
`

func TestParseProduct(t *testing.T) {
	got := ParseProduct("alpine-linux", strings.NewReader(productFile))
	want := []landwaiter.Lifecycle{{Product: "alpine", Cycle: "3.11", EOL: onDay("2021-11-01")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	readme := "# A readme\nreleases:\n- releaseCycle: 1\n  eol: 2001-01-01\n"
	if got := ParseProduct("x", strings.NewReader(readme)); got != nil {
		t.Errorf("a text without front matter gave %v", got)
	}
}

func FuzzParseKEV(f *testing.F) {
	f.Add([]byte(`{"vulnerabilities":[{"cveID":"CVE-2024-1","dateAdded":"2024-02-03"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, _ := ParseKEV(raw)
		for _, e := range list {
			if !isCVE(e.CVE) || e.KEV.IsZero() {
				t.Fatalf("%+v", e)
			}
		}
	})
}

func FuzzReadCSV(f *testing.F) {
	f.Add("cve,vector,epss\nCVE-2024-1,\"a,b\",0.1\n")
	f.Add("version,codename,eol\n12,x,2024-01-01\n")
	f.Fuzz(func(t *testing.T, in string) {
		cves, cycles, _ := readAllCSV(in)
		for _, e := range cves {
			if !isCVE(e.CVE) || e.EPSS < 0 || e.EPSS > 1 {
				t.Fatalf("%+v", e)
			}
		}
		for _, l := range cycles {
			if l.Cycle == "" || l.EOL.IsZero() {
				t.Fatalf("%+v", l)
			}
		}
	})
}

func FuzzEOL(f *testing.F) {
	f.Add(productFile)
	f.Add(`{"releases":{"1":{"eol":"2020-01-01"}}}`)
	f.Fuzz(func(t *testing.T, in string) {
		list, _ := ParseReleases("debian", []byte(in))
		for _, l := range append(list, ParseProduct("debian", strings.NewReader(in))...) {
			if l.Cycle == "" || l.EOL.IsZero() {
				t.Fatalf("%+v", l)
			}
		}
	})
}

func FuzzReadChanges(f *testing.F) {
	f.Add("2026-08-21T10:00:00Z,GO-2026-0001\n2026-08-20T10:00:00.5Z,Go/GO-2026-0002\n")
	f.Fuzz(func(t *testing.T, in string) {
		since := onDay("2026-01-01")
		list, _ := readChanges(bufio.NewReader(strings.NewReader(in)), since, 3)
		if len(list) > 3 {
			t.Fatalf("%d changes", len(list))
		}
		for _, c := range list {
			if !validID(c.id) || !c.modified.After(since) {
				t.Fatalf("%+v", c)
			}
		}
	})
}
