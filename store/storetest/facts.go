package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

var analysers = []landwaiter.Analyser{
	{Name: landwaiter.AnalyserPackages, Version: "1", Kind: landwaiter.ScanVul | landwaiter.ScanVirus},
	{Name: landwaiter.AnalyserMalware, Version: "1", Kind: landwaiter.ScanVirus},
	{Name: landwaiter.AnalyserSecrets, Version: "1", Kind: landwaiter.ScanRisk},
}

func versions(list []landwaiter.Analyser) map[string]string {
	m := map[string]string{}
	for _, a := range list {
		m[a.Name] = a.Version
	}
	return m
}

func layerReport() *landwaiter.LayerReport {
	id := digest(50)
	return &landwaiter.LayerReport{
		DiffID: id, Size: 12, Files: 3, Index: landwaiter.PathIndex{1, 2, 1 << 63},
		OS: landwaiter.OSRelease{ID: "debian", Version: "12"}, OSPath: "etc/os-release",
		Packages: []landwaiter.Package{{Type: "deb", Name: "bash", Version: "5.2", Path: "var/lib/dpkg/status"}},
		Malware: []landwaiter.Malware{
			{Path: "x", Name: "Eicar", Analyser: landwaiter.AnalyserMalware, Severity: landwaiter.Critical},
		},
		Risks: []landwaiter.Risk{{Rule: "private-key", Analyser: "secrets", Path: "k"}},
		Coverage: []landwaiter.Coverage{
			{Layer: id, Analyser: "packages", State: landwaiter.Partial, Reason: "one file is broken"},
			{Layer: id, Analyser: "malware", State: landwaiter.Scanned},
			{Layer: id, Analyser: "secrets", State: landwaiter.Scanned},
		},
	}
}

func layers(t *testing.T, s *db) {
	rep := layerReport()
	missing, err := s.Layers().Missing(ctx, []string{rep.DiffID, digest(51)}, analysers)
	check(t, err)
	same(t, missing, map[string][]string{
		rep.DiffID: {"packages", "malware", "secrets"}, digest(51): {"packages", "malware", "secrets"},
	})
	_, err = s.Layers().Report(ctx, rep.DiffID, analysers)
	wantKind(t, err, landwaiter.NotFound)

	for range 2 { // the second save changes nothing
		check(t, s.Layers().Save(ctx, rep, versions(analysers)))
		missing, err = s.Layers().Missing(ctx, []string{rep.DiffID}, analysers)
		check(t, err)
		same(t, len(missing), 0)
		got, err := s.Layers().Report(ctx, rep.DiffID, analysers)
		check(t, err)
		same(t, got, rep, cmpopts.IgnoreFields(landwaiter.LayerReport{}, "OSPath"))
	}
	newer := append([]landwaiter.Analyser{}, analysers...)
	newer[1].Version = "2"
	missing, err = s.Layers().Missing(ctx, []string{rep.DiffID}, newer)
	check(t, err)
	same(t, missing, map[string][]string{rep.DiffID: {"malware"}})
	got, err := s.Layers().Report(ctx, rep.DiffID, analysers[2:])
	check(t, err)
	if len(got.Packages) != 0 || len(got.Risks) != 1 {
		t.Fatalf("facts of secrets alone: %+v", got)
	}
}

// wordMatcher finds every advisory of a package's name that is not withdrawn.
var wordMatcher = store.Matcher{
	Keys: func(p landwaiter.Package) []landwaiter.PackageKey {
		return []landwaiter.PackageKey{{Ecosystem: p.Ecosystem, Name: p.Name}}
	},
	CVEs: func(a *landwaiter.Advisory) []string { return []string{a.ID} },
	Match: func(p landwaiter.Package, list []*landwaiter.Advisory,
		enrich map[string]landwaiter.Enrichment) (out []landwaiter.Vulnerability, bad []landwaiter.Malware) {
		for _, a := range list {
			switch {
			case !a.Withdrawn.IsZero():
			case a.Malicious():
				bad = append(bad, landwaiter.Malware{Name: a.ID, Severity: landwaiter.Critical})
			default:
				out = append(out, landwaiter.Vulnerability{
					ID: a.ID, Advisory: a.ID, Summary: a.Summary, Severity: landwaiter.High, KEV: !enrich[a.ID].KEV.IsZero(),
					CVSSVector: enrich[a.ID].CVSSVector, Category: strings.Join(enrich[a.ID].CWEs, "+"),
				})
			}
		}
		return out, bad
	},
}

var noMatcher = store.Matcher{
	Keys: func(landwaiter.Package) []landwaiter.PackageKey { return nil },
	CVEs: func(*landwaiter.Advisory) []string { return nil },
	Match: func(landwaiter.Package, []*landwaiter.Advisory, map[string]landwaiter.Enrichment) ([]landwaiter.Vulnerability,
		[]landwaiter.Malware) {
		return nil, nil
	},
}

func record(id, ecosystem, name string) store.NewAdvisory {
	return store.NewAdvisory{Hash: []byte(id), Keys: []landwaiter.PackageKey{{Ecosystem: ecosystem, Name: name}},
		CVEs: []string{id}, Advisory: &landwaiter.Advisory{
			ID: id, Summary: "flaw " + id, Details: "details of " + id, Refs: []string{"https://example.com/" + id},
			Severity: []landwaiter.Vector{{Type: "CVSS_V3", Score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}},
			Affected: []landwaiter.Affected{{Ecosystem: ecosystem, Name: name}},
		}}
}

func advisories(t *testing.T, s *db) {
	list := []store.NewAdvisory{record("CVE-1", "npm", "left"), record("CVE-2", "npm", "right")}
	changed, err := s.Advisories().Put(ctx, list)
	check(t, err)
	same(t, changed.Keys, map[landwaiter.PackageKey]bool{
		{Ecosystem: "npm", Name: "left"}: true, {Ecosystem: "npm", Name: "right"}: true,
	})
	same(t, changed.CVEs, map[string]bool{"CVE-1": true, "CVE-2": true})
	unchanged, err := s.Advisories().Unchanged(ctx, map[string][]byte{
		"CVE-1": []byte("CVE-1"), "CVE-2": []byte("other"), "CVE-3": []byte("CVE-3"),
	})
	check(t, err)
	same(t, unchanged["CVE-1"], true)
	same(t, unchanged["CVE-2"] || unchanged["CVE-3"], false)

	// A record that moves to another package changes the old one, too.
	changed, err = s.Advisories().Put(ctx, []store.NewAdvisory{record("CVE-1", "npm", "middle")})
	check(t, err)
	same(t, changed.Keys, map[landwaiter.PackageKey]bool{
		{Ecosystem: "npm", Name: "left"}: true, {Ecosystem: "npm", Name: "middle"}: true,
	})
	same(t, len(changed.CVEs), 0) // it lends the same as before

	check(t, s.Advisories().PutPart(ctx, store.Part{Ecosystem: "npm", Records: 2, Imported: time.UnixMilli(5).UTC()}))
	check(t, s.Advisories().PutPart(ctx, store.Part{
		Ecosystem: "npm", Records: 3, Imported: time.UnixMilli(6).UTC(), ETag: "x",
	}))
	parts, err := s.Advisories().Parts(ctx)
	check(t, err)
	same(t, parts, []store.Part{{Ecosystem: "npm", Records: 3, Imported: time.UnixMilli(6).UTC(), ETag: "x"}})

	n, err := s.Advisories().PutEnrichment(ctx, []landwaiter.Enrichment{{CVE: "CVE-1", KEV: time.UnixMilli(9).UTC()}})
	check(t, err)
	same(t, n.CVEs, map[string]bool{"CVE-1": true})
	n, err = s.Advisories().PutEnrichment(ctx, []landwaiter.Enrichment{{CVE: "CVE-1", CVSSVector: "v"}}) // adds, keeps KEV
	check(t, err)
	same(t, n.CVEs, map[string]bool{"CVE-1": true})
	n, err = s.Advisories().PutEnrichment(ctx, []landwaiter.Enrichment{{CVE: "CVE-1", CVSSVector: "v"}})
	check(t, err)
	same(t, len(n.CVEs), 0)
	check(t, s.Advisories().PutLifecycles(ctx, []landwaiter.Lifecycle{
		{Product: "debian", Cycle: "8", EOL: time.UnixMilli(7).UTC()}, {Product: "debian", Cycle: "8"},
	}))
	cycles, err := s.Advisories().Lifecycles(ctx, "debian")
	check(t, err)
	same(t, cycles, []landwaiter.Lifecycle{{Product: "debian", Cycle: "8", EOL: time.UnixMilli(7).UTC()}})
}

func reports(t *testing.T, s *db) {
	img := image(1, "shop/web:1")
	check(t, s.Images().Put(ctx, img, store.Place{}))
	_, err := s.Reports().Get(ctx, img.ID, analysers)
	wantKind(t, err, landwaiter.NotFound)
	_, err = s.Advisories().Put(ctx, []store.NewAdvisory{record("CVE-1", "npm", "left"), record("MAL-1", "npm", "evil")})
	check(t, err)
	_, err = s.Advisories().PutEnrichment(ctx, []landwaiter.Enrichment{
		{CVE: "CVE-1", KEV: time.UnixMilli(9).UTC(), Exploit: "active"},
	})
	check(t, err)

	pkg := func(name, path string) landwaiter.ImagePackage {
		return landwaiter.ImagePackage{Layer: img.Layers[1].DiffID, Package: landwaiter.Package{
			Type: "npm", Ecosystem: "npm", Name: name, Version: "1", Path: path, PURL: "pkg:npm/" + name + "@1",
			Owner: "node-" + name,
		}}
	}
	rep := &landwaiter.Report{
		Image: img, Kinds: landwaiter.ScanAll, Distro: landwaiter.OSRelease{ID: "debian", Version: "12"},
		Packages: []landwaiter.ImagePackage{pkg("evil", "c"), pkg("left", "a"), pkg("left", "b"), pkg("left", "a")},
		Malware: []landwaiter.Malware{
			{
				Path: "x", Name: "Eicar", Engine: "eicar", Severity: landwaiter.Critical, Layer: img.Layers[0].DiffID,
				State: landwaiter.Hidden,
			},
		},
		Risks: []landwaiter.Risk{
			{Rule: "root-user", Severity: landwaiter.Medium, State: landwaiter.Present},
			{
				Rule: "private-key", Analyser: "secrets", Path: "k", Line: 2, Severity: landwaiter.High,
				Layer: img.Layers[1].DiffID, State: landwaiter.Present,
			},
		},
		Coverage: []landwaiter.Coverage{
			{Layer: img.Layers[0].DiffID, Analyser: "packages", State: landwaiter.Failed, Reason: "bomb"},
		},
	}
	for range 2 { // a repeated scan changes nothing
		check(t, s.Reports().Commit(ctx, rep, wordMatcher, nil))
		checkReport(t, s, img, rep)
	}
	checkLists(t, s, img.ID)

	// New data reaches the image without a scan.
	changed, err := s.Advisories().Put(ctx, []store.NewAdvisory{record("CVE-2", "npm", "left")})
	check(t, err)
	n, err := s.Verdicts().Rematch(ctx, changed, wordMatcher)
	check(t, err)
	same(t, n, 1)
	sum, err := s.Images().Summary(ctx, img.ID)
	check(t, err)
	same(t, sum.Vulns[landwaiter.High], 2)
	n, err = s.Verdicts().Rematch(ctx, store.Stale{Keys: changed.Keys,
		CVEs: map[string]bool{"CVE-1": true, "CVE-9": true}}, wordMatcher)
	check(t, err)
	same(t, n, 1) // judged once, though stale by both
	n, err = s.Verdicts().Rematch(ctx, store.Stale{}, wordMatcher)
	check(t, err)
	same(t, n, 0)

	// A scan for risks alone keeps the rest.
	check(t, s.Reports().Commit(ctx, &landwaiter.Report{Image: img, Kinds: landwaiter.ScanRisk}, wordMatcher, nil))
	sum, err = s.Images().Summary(ctx, img.ID)
	check(t, err)
	if sum.Components != 3 || sum.Viruses != 2 || sum.Risks+sum.Sensitive != 0 || sum.Kinds != landwaiter.ScanAll {
		t.Fatalf("after a scan for risks: %+v", sum)
	}
}

func checkReport(t *testing.T, s *db, img landwaiter.Image, rep *landwaiter.Report) {
	t.Helper()
	got, err := s.Reports().Get(ctx, img.ID, analysers)
	check(t, err)
	same(t, len(got.Packages), 3)
	same(t, got.Distro, rep.Distro)
	// What the scan said itself, and that the distribution has no packages.
	same(t, got.Coverage, rep.Coverage)
	if len(got.Coverage) != 2 || !strings.Contains(got.Coverage[1].Reason, "no dpkg database") {
		t.Fatalf("coverage: %+v", got.Coverage)
	}
	if len(got.Vulnerabilities) != 1 || !got.Vulnerabilities[0].KEV || got.Vulnerabilities[0].Path != "a" ||
		got.Vulnerabilities[0].Layer != img.Layers[1].DiffID || got.Vulnerabilities[0].Exploit != "active" {
		t.Fatalf("vulnerabilities: %+v", got.Vulnerabilities)
	}
	if len(got.Malware) != 2 || got.Malware[0].Name != "MAL-1" || got.Malware[1].State != landwaiter.Hidden ||
		got.Malware[1].Layer != img.Layers[0].DiffID {
		t.Fatalf("malware: %+v", got.Malware)
	}
	if len(got.Risks) != 2 || got.Risks[0].Rule != "private-key" || got.Risks[1].Layer != "" {
		t.Fatalf("risks: %+v", got.Risks)
	}
}

func checkLists(t *testing.T, s *db, id string) {
	t.Helper()
	vulns, total, err := s.Findings().Vulnerabilities(ctx, id, store.Page{
		Limit: 1, Filters: []landwaiter.Filter{{By: store.BySeverity, Values: []string{"HIGH"}}},
	})
	check(t, err)
	if total != 1 || !strings.HasPrefix(vulns[0].Details, "details") || len(vulns[0].References) != 1 {
		t.Fatalf("vulnerability list: %+v", vulns)
	}
	_, total, err = s.Findings().Vulnerabilities(ctx, id, store.Page{
		Limit: 1, Filters: []landwaiter.Filter{{By: store.BySeverity, Values: []string{"critical"}}},
	})
	check(t, err)
	same(t, total, 0)
	_, total, err = s.Findings().Malware(ctx, id, store.Page{
		Limit: 9, Filters: []landwaiter.Filter{{By: store.ByText, Values: []string{"eicar"}}},
	})
	check(t, err)
	same(t, total, 1)
	for class, want := range map[store.RiskClass]int{
		store.RiskRootUser: 1, store.RiskPermissions: 0, store.RiskSecret: 1, store.RiskOther: 0,
	} {
		_, total, err = s.Findings().Risks(ctx, id, store.Page{
			Limit: 9, Filters: []landwaiter.Filter{{By: store.ByClass, Values: []string{string(class)}}},
		})
		check(t, err)
		same(t, total, want)
	}
	parts, total, err := s.Findings().Components(ctx, id, store.Page{
		Limit: 9, By: store.OrderByVulns, Desc: true,
		Filters: []landwaiter.Filter{{By: store.ByVulnerable, Values: []string{store.Yes}}},
	})
	check(t, err)
	if total != 2 || parts[0].Vulns != 1 || parts[0].Name != "left" || parts[0].Owner != "node-left" {
		t.Fatalf("components: %+v", parts)
	}
	for risk, want := range map[string]int{
		store.HasVulnerability: 1, store.HasHigh: 1, store.HasCritical: 0, store.HasMalware: 1, store.HasRisk: 1,
	} {
		_, total, err := s.Images().List(ctx, store.Page{
			Limit: 9, Filters: []landwaiter.Filter{{By: store.BySecurity, Values: []string{risk}}},
		})
		check(t, err)
		t.Log(risk)
		same(t, total, want)
	}
}
