package storetest

import (
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// judges: a report judged in passing has the findings of one that is stored.
func judges(t *testing.T, s *db) {
	_, err := s.Advisories().Put(ctx, []store.NewAdvisory{
		record("CVE-1", "npm", "left"), record("CVE-2", "npm", "left"), record("CVE-3", "npm", "left"),
		record("CVE-4", "npm", "left"),
		record("CVE-5", "npm", "left"), record("MAL-1", "npm", "evil"),
	})
	check(t, err)
	_, err = s.Advisories().PutEnrichment(ctx, []landwaiter.Enrichment{
		{CVE: "CVE-2", Exploit: "none", EPSS: 0.01}, {CVE: "CVE-3", EPSS: 0.2, CWEs: []string{"CWE-1", "CWE-2"}},
		{CVE: "CVE-4", Exploit: "active"},
		{CVE: "CVE-5", KEV: time.UnixMilli(9).UTC(), Exploit: "active"},
	})
	check(t, err)
	pkg := func(name, path, layer string) landwaiter.ImagePackage {
		return landwaiter.ImagePackage{
			Layer: layer, Package: landwaiter.Package{Type: "npm", Ecosystem: "npm", Name: name, Version: "1", Path: path},
		}
	}
	img := image(1)
	check(t, s.Images().Put(ctx, img, store.Place{}))
	rep := &landwaiter.Report{Image: img, Kinds: landwaiter.ScanVul | landwaiter.ScanVirus,
		Packages: []landwaiter.ImagePackage{
			pkg("left", "b/left", img.Layers[1].DiffID), pkg("left", "a/left", img.Layers[0].DiffID),
			pkg("right", "right", img.Layers[1].DiffID),
			pkg("evil", "evil", "sha256:unknown"),
		}}
	judged := *rep
	check(t, s.Verdicts().Judge(ctx, &judged, wordMatcher))
	images, _, err := s.Images().List(ctx, store.Page{Limit: 9})
	check(t, err)
	if images[0].Components != 0 {
		t.Fatal("what was judged in passing was stored")
	}
	check(t, s.Reports().Commit(ctx, rep, wordMatcher, nil))
	stored, err := s.Reports().Get(ctx, img.ID, nil)
	check(t, err)
	same(t, judged.Vulnerabilities, stored.Vulnerabilities)
	same(t, judged.Malware, stored.Malware)
	var order []string // exploited ones first, then the likely; what is known to have no exploit is as good as not known
	for _, v := range judged.Vulnerabilities {
		order = append(order, v.ID)
	}
	same(t, order, []string{"CVE-5", "CVE-4", "CVE-3", "CVE-1", "CVE-2"})
	same(t, judged.Vulnerabilities[2].Category, "CWE-1+CWE-2")
	same(t, judged.Vulnerabilities[2].EPSS, 0.2)
	if judged.Vulnerabilities[0].Path != "a/left" {
		t.Fatalf("%+v", judged.Vulnerabilities)
	}
}
