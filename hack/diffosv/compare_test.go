package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompare(t *testing.T) {
	x, y, z := product{"x", "1"}, product{"y", "2"}, product{"z", "3"}
	ours, theirs := newFindings(), newFindings()
	for _, p := range []product{x, y} {
		ours.addPackage(p, "npm")
	}
	for _, p := range []product{x, z} {
		theirs.addPackage(p, "npm")
	}
	ours.add(x, "CVE-1", []string{"GHSA-1"})
	ours.add(x, "CVE-1", []string{"GHSA-1"}) // at another path
	ours.add(x, "CVE-2", nil)
	ours.add(y, "CVE-3", nil)
	ours.malicious["MAL-1"] = true
	theirs.add(x, "GHSA-1", nil)
	theirs.add(x, "GHSA-4", []string{"CVE-4"})
	theirs.add(z, "PYSEC-1", []string{"MAL-1"})

	var out strings.Builder
	compare(ours, theirs).print(&out, "image")
	want := `image: 2 findings common, 2 only here, 1 only osv-scanner's; of packages 1, 1 and 1
+ npm x 1 CVE-2
+ npm y 2 CVE-3 (no such package)
+npm: 2
- npm x 1 GHSA-4
-npm: 1
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
