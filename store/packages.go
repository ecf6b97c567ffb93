package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

type packageRow struct {
	bun.BaseModel `bun:"table:package,alias:package"`
	ID            int64 `bun:",pk"`
	Type          string
	Ecosystem     string
	Name          string
	Version       string
	Arch          string
	SourceName    string
	SourceVersion string
	Modularity    string
	Purl          string
	Origin        string
}

func (r packageRow) pkg() landwaiter.Package {
	return landwaiter.Package{
		Type: r.Type, Ecosystem: r.Ecosystem, Name: r.Name, Version: r.Version, Arch: r.Arch,
		SourceName: r.SourceName, SourceVersion: r.SourceVersion, Modularity: r.Modularity, PURL: r.Purl, Origin: r.Origin,
	}
}

type packageKeyRow struct {
	bun.BaseModel `bun:"table:package_key,alias:package_key"`
	Ecosystem     string
	Name          string
	PackageID     int64
}

type vulnerabilityRow struct {
	bun.BaseModel `bun:"table:package_vulnerability,alias:package_vulnerability"`
	PackageID     int64
	ID            string `bun:"id"`
	Advisory      string
	Aliases       string
	Fixed         string
	Severity      int
	Cvss          float64
	CvssVector    string
	Kev           bool
	Summary       string
	Published     int64
	Upgrade       string
	Category      string
}

type packageMalwareRow struct {
	bun.BaseModel `bun:"table:package_malware,alias:package_malware"`
	PackageID     int64
	Name          string
	Severity      int
}

// Matcher judges packages; the match package implements it.
type Matcher struct {
	// Keys returns the names to look a package up under.
	Keys func(landwaiter.Package) []landwaiter.PackageKey
	// CVEs returns the CVEs that a record is about.
	CVEs func(*landwaiter.Advisory) []string
	// Match returns the verdicts on one package version, given the
	// advisories stored under its keys and what is known of their CVEs.
	Match func(
		landwaiter.Package, []*landwaiter.Advisory, map[string]landwaiter.Enrichment,
	) ([]landwaiter.Vulnerability, []landwaiter.Malware)
	// Changed, if not nil, is called for each verdict that was added or removed,
	// and again when a transaction has to be repeated.
	Changed func(VerdictChange)
}

// packageID is the first 63 bits of a hash over everything that makes a
// package version distinct, so that no look-up is needed to know it.
func packageID(p landwaiter.Package) int64 {
	h := sha256.New()
	parts := []string{p.Type, p.Ecosystem, p.Name, p.Version, p.Arch, p.SourceName, p.SourceVersion, p.Modularity}
	if p.Origin != "" {
		parts = append(parts, p.Origin)
	}
	for _, s := range parts {
		// With their lengths, so that "a", "bc" and "ab", "c" differ.
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], uint32(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	return int64(binary.BigEndian.Uint64(h.Sum(nil)) >> 1)
}

func cleanPackage(p landwaiter.Package) landwaiter.Package {
	for _, s := range []*string{
		&p.Type, &p.Ecosystem, &p.Name, &p.Version, &p.Arch, &p.SourceName, &p.SourceVersion, &p.Modularity,
		&p.Path, &p.PURL, &p.Owner, &p.Origin,
	} {
		*s = clean(*s)
	}
	return p
}

// addPackages stores package versions not known yet and matches those.
func (s *DB) addPackages(ctx context.Context, tx bun.Tx, pkgs map[int64]landwaiter.Package, m Matcher) error {
	fresh := maps.Clone(pkgs)
	for _, part := range chunks(slices.Sorted(maps.Keys(pkgs)), insertChunk) {
		var known []int64
		if err := tx.NewRaw("SELECT id FROM package WHERE id IN (?)", bun.List(part)).Scan(ctx, &known); err != nil {
			return err
		}
		for _, id := range known {
			delete(fresh, id)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	var rows []packageRow
	var keys []packageKeyRow
	// In one order everywhere: two transactions that insert the same rows in
	// different orders would wait for each other on PostgreSQL.
	for _, id := range slices.Sorted(maps.Keys(fresh)) {
		p := fresh[id]
		rows = append(rows, packageRow{
			ID: id, Type: p.Type, Ecosystem: p.Ecosystem, Name: p.Name, Version: p.Version, Arch: p.Arch,
			SourceName: p.SourceName, SourceVersion: p.SourceVersion, Modularity: p.Modularity, Purl: p.PURL, Origin: p.Origin,
		})
		for _, k := range m.Keys(p) {
			keys = append(keys, packageKeyRow{Ecosystem: k.Ecosystem, Name: k.Name, PackageID: id})
		}
	}
	if err := insert(ctx, tx, rows, doNothing); err != nil {
		return err
	}
	if err := insert(ctx, tx, keys, doNothing); err != nil {
		return err
	}
	return s.matchPackages(ctx, tx, fresh, m)
}

// lockMatches keeps matching and importing apart on PostgreSQL: scans may store
// matches side by side, an import runs alone. Otherwise a scan could match a new
// package against the old records after the import has looked for packages to
// match again, and nobody would. A transaction takes it before it writes rows of
// packages, so that nobody waits for it who holds such rows. SQLite has one writer
// anyway.
func (s *DB) lockMatches(ctx context.Context, tx bun.Tx, exclusive bool) error {
	if !s.Postgres() {
		return nil
	}
	const lockID = 0x6c616e64 // "land"
	fn := "pg_advisory_xact_lock_shared"
	if exclusive {
		fn = "pg_advisory_xact_lock"
	}
	_, err := tx.NewRaw("SELECT ?(?)", cond(fn), lockID).Exec(ctx)
	return err
}

// matchPackages computes and replaces the verdicts on package versions.
func (s *DB) matchPackages(ctx context.Context, tx bun.Tx, pkgs map[int64]landwaiter.Package, m Matcher) error {
	for _, part := range chunks(slices.Sorted(maps.Keys(pkgs)), insertChunk) {
		advisories, err := s.candidates(ctx, tx, part)
		if err != nil {
			return err
		}
		enrich, err := s.enrichmentOf(ctx, tx, advisories, m.CVEs)
		if err != nil {
			return err
		}
		var fresh verdicts
		for _, id := range part {
			v, w := m.Match(pkgs[id], advisories[id], enrich)
			for _, x := range v {
				fresh.vulns = append(fresh.vulns, toVulnerabilityRow(id, x))
			}
			for _, x := range w {
				fresh.malware = append(fresh.malware, packageMalwareRow{
					PackageID: id, Name: clean(x.Name), Severity: int(x.Severity),
				})
			}
		}
		if err := replaceVerdicts(ctx, tx, pkgs, part, fresh, m.Changed); err != nil {
			return err
		}
	}
	return nil
}

func toVulnerabilityRow(id int64, v landwaiter.Vulnerability) vulnerabilityRow {
	aliases, _ := json.Marshal(nonNil(v.Aliases)) // strings always marshal
	return vulnerabilityRow{
		PackageID: id, ID: clean(v.ID), Advisory: clean(v.Advisory), Aliases: clean(string(aliases)), Fixed: clean(v.Fixed),
		Severity: int(v.Severity), Cvss: v.CVSS, CvssVector: clean(v.CVSSVector), Kev: v.KEV, Summary: clean(v.Summary),
		Published: millis(v.Published), Upgrade: clean(v.Upgrade), Category: clean(v.Category),
	}
}

// candidates loads the advisories filed under the keys of each package.
func (s *DB) candidates(ctx context.Context, tx bun.Tx, ids []int64) (map[int64][]*landwaiter.Advisory, error) {
	var rows []struct {
		PackageID  int64
		AdvisoryID string
	}
	const query = `
		SELECT DISTINCT k.package_id, a.advisory_id
		FROM package_key AS k JOIN advisory_affected AS a ON a.ecosystem = k.ecosystem AND a.name = k.name
		WHERE k.package_id IN (?) ORDER BY k.package_id, a.advisory_id`
	err := tx.NewRaw(query, bun.List(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	bodies := map[string]*landwaiter.Advisory{}
	var wanted []string
	for _, r := range rows {
		if _, ok := bodies[r.AdvisoryID]; !ok {
			bodies[r.AdvisoryID] = nil
			wanted = append(wanted, r.AdvisoryID)
		}
	}
	if err := loadAdvisories(ctx, tx, wanted, bodies); err != nil {
		return nil, err
	}
	out := map[int64][]*landwaiter.Advisory{}
	for _, r := range rows {
		if a := bodies[r.AdvisoryID]; a != nil {
			out[r.PackageID] = append(out[r.PackageID], a)
		}
	}
	return out, nil
}

func loadAdvisories(ctx context.Context, db bun.IDB, ids []string, into map[string]*landwaiter.Advisory) error {
	for _, part := range chunks(ids, insertChunk) {
		var rows []struct {
			ID   string
			Body []byte
		}
		if err := db.NewRaw("SELECT id, body FROM advisory WHERE id IN (?)", bun.List(part)).Scan(ctx, &rows); err != nil {
			return err
		}
		for _, r := range rows {
			a := new(landwaiter.Advisory)
			if err := unpack(r.Body, a); err != nil {
				return err
			}
			into[r.ID] = a
		}
	}
	return nil
}
