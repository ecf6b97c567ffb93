package store

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Verdicts says which package versions are vulnerable or malicious. A verdict is
// stored once for each distinct package version, whatever the number of images.
//
// After Rematch returns, every image that holds one of the packages shows the
// new verdicts. Judge and Evidence read only.
type Verdicts struct{ db *DB }

// Verdicts gives access to the verdicts on package versions.
func (s *DB) Verdicts() Verdicts { return Verdicts{s} }

// Judge fills in the vulnerabilities and the malware of a report by its
// packages and today's advisories: the same that Commit followed by Report
// would give, but nothing is stored.
func (s Verdicts) Judge(ctx context.Context, rep *landwaiter.Report, m Matcher) error {
	j := judge{matcher: m, places: map[int64]place{}, pkgs: map[int64]landwaiter.Package{}, report: rep}
	layers := layerIndex(rep.Layers)
	for _, p := range rep.Packages {
		p.Package = cleanPackage(p.Package)
		idx, ok := layers[p.Layer]
		if !ok {
			idx = -1
		}
		j.add(p.Package, idx)
	}
	err := s.db.r.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		for _, part := range chunks(slices.Sorted(maps.Keys(j.pkgs)), insertChunk) {
			if err := j.judge(ctx, tx, s.db, part); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	j.finish()
	// What has no ecosystem is the SBOM reader's to tell, which knows why.
	named := slices.DeleteFunc(slices.Clone(rep.Packages),
		func(p landwaiter.ImagePackage) bool { return p.Ecosystem == "" })
	return s.db.compare(ctx, rep, named)
}

// judge collects the verdicts on the distinct package versions of a report.
type judge struct {
	matcher Matcher
	report  *landwaiter.Report
	pkgs    map[int64]landwaiter.Package
	places  map[int64]place
	vulns   []judged
	malware []landwaiter.Malware
}

// judged is a verdict with the package version it is about.
type judged struct {
	landwaiter.ImageVulnerability
	packageID int64
}

// place is where a package version is found first, as vulnFrom says it.
type place struct {
	path  string
	layer int
}

func (j *judge) add(p landwaiter.Package, layer int) {
	id := packageID(p)
	j.pkgs[id] = p
	at, known := j.places[id]
	if !known {
		at = place{p.Path, layer}
	}
	j.places[id] = place{min(at.path, p.Path), min(at.layer, layer)}
}

func (j *judge) judge(ctx context.Context, tx bun.Tx, s *DB, ids []int64) error {
	advisories, err := j.candidates(ctx, tx, ids)
	if err != nil {
		return err
	}
	enrich, err := s.enrichmentOf(ctx, tx, advisories, j.matcher.CVEs)
	if err != nil {
		return err
	}
	for _, id := range ids {
		p, at := j.pkgs[id], j.places[id]
		vulns, malware := j.matcher.Match(p, advisories[id], enrich)
		layer := layerID(j.report.Layers, at.layer)
		for _, v := range vulns {
			// As the rows of the package and the enrichment would say.
			v.Ecosystem, v.Type, v.Package, v.Version = p.Ecosystem, p.Type, p.Name, p.Version
			v.Exploit, v.EPSS = enrich[v.ID].Exploit, enrich[v.ID].EPSS
			j.vulns = append(j.vulns, judged{
				landwaiter.ImageVulnerability{Vulnerability: stored(v), Path: at.path, Layer: layer}, id,
			})
		}
		for _, w := range malware {
			j.malware = append(j.malware, landwaiter.Malware{
				Path: at.path, Name: clean(w.Name), Engine: "osv", Severity: w.Severity,
				Layer: layer, State: landwaiter.Present,
			})
		}
	}
	return nil
}

// candidates loads the advisories filed under the keys of each package, which
// need not be stored.
func (j *judge) candidates(ctx context.Context, tx bun.Tx, ids []int64) (map[int64][]*landwaiter.Advisory, error) {
	owners := map[landwaiter.PackageKey][]int64{}
	names := map[string][]string{} // by ecosystem
	for _, id := range ids {
		for _, key := range j.matcher.Keys(j.pkgs[id]) {
			if owners[key] == nil {
				names[key.Ecosystem] = append(names[key.Ecosystem], key.Name)
			}
			owners[key] = append(owners[key], id)
		}
	}
	wanted := map[int64]map[string]bool{}
	bodies := map[string]*landwaiter.Advisory{}
	for ecosystem, list := range names {
		filed, err := filedUnder(ctx, tx, ecosystem, list)
		if err != nil {
			return nil, err
		}
		for _, f := range filed {
			bodies[f.AdvisoryID] = nil
			for _, id := range owners[landwaiter.PackageKey{Ecosystem: ecosystem, Name: f.Name}] {
				if wanted[id] == nil {
					wanted[id] = map[string]bool{}
				}
				wanted[id][f.AdvisoryID] = true
			}
		}
	}
	if err := loadAdvisories(ctx, tx, slices.Sorted(maps.Keys(bodies)), bodies); err != nil {
		return nil, err
	}
	out := make(map[int64][]*landwaiter.Advisory, len(wanted))
	for id, set := range wanted {
		for _, advisory := range slices.Sorted(maps.Keys(set)) {
			if a := bodies[advisory]; a != nil {
				out[id] = append(out[id], a)
			}
		}
	}
	return out, nil
}

// filing says that an advisory speaks of a name.
type filing struct{ Name, AdvisoryID string }

func filedUnder(ctx context.Context, tx bun.Tx, ecosystem string, names []string) ([]filing, error) {
	var out []filing
	for _, part := range chunks(names, insertChunk) {
		var rows []filing
		const query = "SELECT name, advisory_id FROM advisory_affected WHERE ecosystem = ? AND name IN (?)"
		err := tx.NewRaw(query, ecosystem, bun.List(part)).Scan(ctx, &rows)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	return out, nil
}

// finish puts the findings into the report, in the order of vulnOrder and of
// ListMalware.
func (j *judge) finish() {
	slices.SortFunc(j.vulns, func(a, b judged) int {
		return cmp.Or(landwaiter.CompareVulnerabilities(&a.Vulnerability, &b.Vulnerability),
			cmp.Compare(a.packageID, b.packageID))
	})
	j.report.Vulnerabilities = nil
	for _, v := range j.vulns {
		j.report.Vulnerabilities = append(j.report.Vulnerabilities, v.ImageVulnerability)
	}
	slices.SortFunc(j.malware, func(a, b landwaiter.Malware) int { return landwaiter.CompareMalware(&a, &b) })
	j.report.Malware = j.malware
}

// stored is a vulnerability as the store would give it back: with clean text
// and times in milliseconds, without what is in the advisory alone.
func stored(v landwaiter.Vulnerability) landwaiter.Vulnerability {
	texts := []*string{&v.ID, &v.Advisory, &v.Fixed, &v.CVSSVector, &v.Summary, &v.Upgrade, &v.Category}
	for _, s := range texts {
		*s = clean(*s)
	}
	v.Aliases = slices.Clone(v.Aliases)
	for i := range v.Aliases {
		v.Aliases[i] = clean(v.Aliases[i])
	}
	v.Published = fromMillis(millis(v.Published))
	v.Details, v.References = "", nil
	return v
}
