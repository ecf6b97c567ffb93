package match_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/advisory"
	"github.com/landwaiter/landwaiter/match"
	"github.com/landwaiter/landwaiter/realtest"
)

// load returns the records of one ecosystem in the shared dump, by key.
func load(tb testing.TB, ecosystem string) map[landwaiter.PackageKey][]*landwaiter.Advisory {
	tb.Helper()
	path := realtest.Shared(tb, "data", "osv", ecosystem, "all.zip")
	out := map[landwaiter.PackageKey][]*landwaiter.Advisory{}
	_, err := advisory.Walk(context.Background(), []string{path},
		advisory.Handler{Records: func(b advisory.Batch) error {
			list, errs := advisory.ParseAll(b.Records)
			for i, a := range list {
				if a == nil {
					return errs[i]
				}
				for _, k := range match.AdvisoryKeys(a) {
					out[k] = append(out[k], a)
				}
			}
			return nil
		}})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func judge(
	data map[landwaiter.PackageKey][]*landwaiter.Advisory, pkg landwaiter.Package,
) ([]landwaiter.Vulnerability, []landwaiter.Malware) {
	var list []*landwaiter.Advisory
	for _, k := range match.Keys(pkg) {
		list = append(list, data[k]...)
	}
	return match.Package(pkg, list, nil)
}

// TestGolden checks findings against the distributions' published notices.
func TestGolden(t *testing.T) {
	for _, c := range []struct {
		dump string
		pkg  landwaiter.Package
		want map[string]string // some flaws that it has, with their fixes
		not  []string          // some flaws that it does not have
	}{
		{
			"Alpine",
			landwaiter.Package{Type: "apk", Ecosystem: "Alpine:v3.11", Name: "libcrypto1.1", Version: "1.1.1d-r2",
				SourceName: "openssl", SourceVersion: "1.1.1d-r2"},
			map[string]string{"CVE-2019-1551": "1.1.1d-r3"},
			[]string{"CVE-2019-1547", "CVE-2014-0160"},
		},
		{
			"Alpine",
			landwaiter.Package{Type: "apk", Ecosystem: "Alpine:v3.11", Name: "busybox", Version: "1.29.3-r0",
				SourceName: "busybox"},
			map[string]string{"CVE-2018-20679": "1.29.3-r10"},
			[]string{"CVE-2017-16544"},
		},
		{
			"Debian",
			landwaiter.Package{Type: "deb", Ecosystem: "Debian:12", Name: "libssl3", Version: "3.0.11-1~deb12u1+b1",
				SourceName: "openssl", SourceVersion: ""},
			map[string]string{"CVE-2023-5678": "3.0.13-1~deb12u1", "CVE-2023-5363": "3.0.11-1~deb12u2"},
			[]string{"CVE-2014-0160"},
		},
		{
			"AlmaLinux",
			landwaiter.Package{Type: "rpm", Ecosystem: "AlmaLinux:9", Name: "openssl-libs", Version: "1:3.0.1-41.el9_0",
				SourceName: "openssl"},
			map[string]string{"CVE-2022-3602": "1:3.0.1-43.el9_0"},
			nil,
		},
		{
			"Go",
			landwaiter.Package{Type: "golang", Ecosystem: "Go", Name: "stdlib", Version: "go1.16.0"},
			map[string]string{"CVE-2021-27919": "1.16.1"},
			[]string{"CVE-2020-28362"},
		},
		{
			"PyPI",
			landwaiter.Package{Type: "pypi", Ecosystem: "PyPI", Name: "Apache_Libcloud", Version: "0.11.0"},
			map[string]string{"CVE-2012-3446": "0.11.1"},
			nil,
		},
	} {
		t.Run(c.pkg.Ecosystem+" "+c.pkg.Name, func(t *testing.T) {
			vulns, _ := judge(load(t, c.dump), c.pkg)
			got := map[string]string{}
			for _, v := range vulns {
				got[v.ID] = v.Fixed
			}
			for id, fixed := range c.want {
				if have, ok := got[id]; !ok || have != fixed {
					t.Errorf("%s: fixed %q (found %v), want %q", id, have, ok, fixed)
				}
			}
			for _, id := range c.not {
				if _, ok := got[id]; ok {
					t.Errorf("%s is a false positive", id)
				}
			}
		})
	}
}

// TestEveryNoticeMatches matches each AlmaLinux 9 notice with the version just
// before its fix, which must have all its CVEs, and with the fix, which must
// have none.
func TestEveryNoticeMatches(t *testing.T) {
	data := load(t, "AlmaLinux")
	checked := 0
	for key, list := range data {
		if key.Ecosystem != "AlmaLinux:9" {
			continue
		}
		for _, a := range list {
			cves := match.CVEs(a)
			if len(cves) == 0 {
				continue
			}
			for i := range a.Affected {
				entry := &a.Affected[i]
				if entry.Ecosystem != key.Ecosystem || entry.Name != key.Name {
					continue
				}
				fixed := entry.Ranges[0].Events[1].Fixed
				pkg := landwaiter.Package{Type: "rpm", Ecosystem: key.Ecosystem, Name: key.Name, Version: fixed}
				vulns, _ := match.Package(pkg, []*landwaiter.Advisory{a}, nil)
				if len(vulns) != 0 && len(a.Affected) == 1 {
					t.Fatalf("%s: %s %s is its own fix", a.ID, key.Name, fixed)
				}
				pkg.Version += "~before"
				vulns, _ = match.Package(pkg, []*landwaiter.Advisory{a}, nil)
				var ids []string
				for _, v := range vulns {
					ids = append(ids, v.ID)
				}
				slices.Sort(ids)
				if diff := cmp.Diff(cves, ids); diff != "" {
					t.Fatalf("%s: %s before %s: %s", a.ID, key.Name, fixed, diff)
				}
				checked++
			}
		}
	}
	if checked < 10_000 {
		t.Errorf("only %d entries checked", checked)
	}
}

func TestGoldenMalware(t *testing.T) {
	data := load(t, "npm")
	_, evil := judge(data, landwaiter.Package{Type: "npm", Ecosystem: "npm", Name: "bandkit", Version: "1.0.7"})
	if len(evil) != 1 {
		t.Errorf("bandkit 1.0.7: %v", evil)
	}
	_, good := judge(data, landwaiter.Package{Type: "npm", Ecosystem: "npm", Name: "express", Version: "4.18.2"})
	if good != nil {
		t.Errorf("express 4.18.2: %v", good)
	}
}

// BenchmarkPackage matches a package with all records of its source: openssl
// in Debian 12.
func BenchmarkPackage(b *testing.B) {
	data := load(b, "Debian")
	pkg := landwaiter.Package{Type: "deb", Ecosystem: "Debian:12", Name: "libssl3", Version: "3.0.11-1~deb12u1",
		SourceName: "openssl"}
	list := data[landwaiter.PackageKey{Ecosystem: "Debian:12", Name: "openssl"}]
	for b.Loop() {
		match.Package(pkg, list, nil)
	}
	b.ReportMetric(float64(len(list)), "records")
}
