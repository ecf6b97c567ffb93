package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/landwaiter/landwaiter"
)

// Findings lists and counts what is wrong with images, page by page. It reads
// only, but for the hourly snapshot of risks.
type Findings struct{ db *DB }

// Findings gives access to the lists and counts of findings.
func (s *DB) Findings() Findings { return Findings{s} }

// vulnColumns and vulnFrom make up the vulnerabilities of image ?0: one row
// for each distinct package version and flaw, at the first path it is found.
const (
	vulnColumns = `
		v.id, v.advisory, v.aliases, v.fixed, v.severity, v.cvss, v.cvss_vector, v.kev, v.summary, v.published,
		v.upgrade, v.category, v.package_id, k.ecosystem, k.type, k.name, k.version, p.path, p.layer_idx,
		COALESCE(e.exploit, '') AS exploit, COALESCE(e.epss, 0.0) AS epss`
	vulnFrom = `
		(
			SELECT image_id, package_id, MIN(path) AS path, MIN(layer_idx) AS layer_idx
			FROM image_package WHERE image_id = ? GROUP BY image_id, package_id) AS p
			JOIN package_vulnerability AS v ON v.package_id = p.package_id
			JOIN package AS k ON k.id = p.package_id
			LEFT JOIN enrichment AS e ON e.cve = v.id`
	// vulnOrder is landwaiter.CompareVulnerabilities; the CASE is AttackLevel, at
	// least 1.
	vulnOrder = `
		v.kev DESC,
		CASE
			WHEN v.kev OR e.exploit = 'active' THEN 3
			WHEN e.exploit = 'poc' OR e.epss >= 0.1 THEN 2
			ELSE 1
		END DESC,
		v.severity DESC, v.cvss DESC, v.id, k.name, k.version, v.package_id`
)

type vulnRow struct {
	ID         string
	Advisory   string
	Aliases    string
	Fixed      string
	Severity   int
	Cvss       float64
	CvssVector string
	Kev        bool
	Summary    string
	Published  int64
	Upgrade    string
	Ecosystem  string
	Type       string
	Name       string
	Version    string
	Path       string
	LayerIdx   int
	PackageID  int64
	Exploit    string
	Epss       float64
	Category   string
}

func (r vulnRow) vulnerability(layers []landwaiter.LayerRef) landwaiter.ImageVulnerability {
	v := landwaiter.ImageVulnerability{
		Vulnerability: landwaiter.Vulnerability{
			ID: r.ID, Advisory: r.Advisory, Ecosystem: r.Ecosystem, Type: r.Type, Package: r.Name, Version: r.Version,
			Fixed: r.Fixed, Upgrade: r.Upgrade,
			Severity: landwaiter.Severity(r.Severity), CVSS: r.Cvss, CVSSVector: r.CvssVector, KEV: r.Kev, Exploit: r.Exploit,
			EPSS: r.Epss, Category: r.Category,
			Summary: r.Summary, Published: fromMillis(r.Published),
		},
		Path: r.Path, Layer: layerID(layers, r.LayerIdx),
	}
	v.Aliases = aliasList(r.Aliases)
	return v
}

// aliasList reads a list as json.Marshal wrote it; a damaged one shows nothing.
func aliasList(column string) []string {
	var list []string
	_ = json.Unmarshal([]byte(column), &list)
	return list
}

func layerID(layers []landwaiter.LayerRef, idx int) string {
	if idx < 0 || idx >= len(layers) {
		return ""
	}
	return layers[idx].DiffID
}

var vulnListing = listing{
	filters: filters{
		ByText:     eitherText("v.id", "k.name"),
		ByID:       text("v.id"),
		ByPackage:  text("k.name"),
		BySeverity: severity("v.severity"),
	},
	orders: map[OrderBy]string{OrderBySeverity: "v.severity", OrderByCVSS: "v.cvss"},
	usual:  vulnOrder,
}

// Vulnerabilities returns a page of an image's vulnerabilities that count, with
// details and references, the most urgent first, and how many match in all.
// Filters: ByText (ID or package), ByID, ByPackage, BySeverity. Orders:
// OrderBySeverity, OrderByCVSS.
func (s Findings) Vulnerabilities(
	ctx context.Context, imageID string, p Page,
) ([]landwaiter.ImageVulnerability, int, error) {
	c, order, err := vulnListing.query(p)
	if err != nil {
		return nil, 0, err
	}
	c = and(unsuppressed("p.image_id"), c)
	from := cond(vulnFrom, imageID)
	var total int
	if err := s.db.r.NewRaw("SELECT COUNT(*) FROM ? WHERE ?", from, c).Scan(ctx, &total); err != nil {
		return nil, 0, err
	}
	var rows []vulnRow
	err = s.db.r.NewRaw("SELECT ? FROM ? WHERE ? ORDER BY ? LIMIT ? OFFSET ?",
		cond(vulnColumns), from, c, order, p.Limit, p.Offset).Scan(ctx, &rows)
	if err != nil {
		return nil, 0, err
	}
	layers, err := s.db.layerRefs(ctx, imageID)
	if err != nil {
		return nil, 0, err
	}
	out := make([]landwaiter.ImageVulnerability, len(rows))
	for i, r := range rows {
		out[i] = r.vulnerability(layers)
	}
	return out, total, s.db.addDetails(ctx, out)
}

// addDetails fills in what only the advisory records hold.
func (s *DB) addDetails(ctx context.Context, list []landwaiter.ImageVulnerability) error {
	bodies := map[string]*landwaiter.Advisory{}
	var ids []string
	for _, v := range list {
		if _, ok := bodies[v.Advisory]; !ok {
			bodies[v.Advisory] = nil
			ids = append(ids, v.Advisory)
		}
	}
	if err := loadAdvisories(ctx, s.r, ids, bodies); err != nil {
		return err
	}
	for i := range list {
		if a := bodies[list[i].Advisory]; a != nil {
			list[i].Details, list[i].References = a.Details, a.Refs
		}
	}
	return nil
}

// MalwareRow is a malware finding with when it was seen.
type MalwareRow struct {
	landwaiter.Malware
	FirstSeen, LastSeen time.Time
}

// malwareFrom is the malware of an image: files, and packages that a
// malicious-package record names.
const malwareFrom = `
	(
		SELECT path, name, layer_idx, engine, severity, sha256, md5, size, state, first_seen, last_seen
		FROM image_malware WHERE image_id = ?
		UNION ALL
		SELECT MIN(p.path), m.name, MIN(p.layer_idx), 'osv', MAX(m.severity), '', '', 0, 'present',
			MAX(i.first_seen), MAX(i.scan_time)
		FROM image_package AS p
			JOIN package_malware AS m ON m.package_id = p.package_id
			JOIN image AS i ON i.id = p.image_id
		WHERE p.image_id = ? GROUP BY m.package_id, m.name) AS w`

var malwareListing = listing{
	filters: filters{ByText: eitherText("w.name", "w.path"), BySeverity: severity("w.severity")},
	orders:  map[OrderBy]string{OrderByLastSeen: "w.last_seen"},
	usual:   "w.severity DESC, w.path, w.name",
}

// Malware returns a page of an image's malware, the gravest first, and how many
// match in all. Filters: ByText (name or path), BySeverity. Orders:
// OrderByLastSeen.
func (s Findings) Malware(ctx context.Context, imageID string, p Page) ([]MalwareRow, int, error) {
	c, order, err := malwareListing.query(p)
	if err != nil {
		return nil, 0, err
	}
	from := cond(malwareFrom, imageID, imageID)
	var total int
	if err := s.db.r.NewRaw("SELECT COUNT(*) FROM ? WHERE ?", from, c).Scan(ctx, &total); err != nil {
		return nil, 0, err
	}
	var rows []malwareRow
	err = s.db.r.NewRaw("SELECT * FROM ? WHERE ? ORDER BY ? LIMIT ? OFFSET ?", from, c, order, p.Limit, p.Offset).
		Scan(ctx, &rows)
	if err != nil {
		return nil, 0, err
	}
	layers, err := s.db.layerRefs(ctx, imageID)
	out := make([]MalwareRow, len(rows))
	for i, r := range rows {
		out[i] = MalwareRow{
			Malware: landwaiter.Malware{
				Path: r.Path, Name: r.Name, Engine: r.Engine, Severity: landwaiter.Severity(r.Severity), SHA256: r.Sha256,
				MD5:  r.Md5,
				Size: r.Size, Layer: layerID(layers, r.LayerIdx), State: landwaiter.FindingState(r.State),
			},
			FirstSeen: fromMillis(r.FirstSeen), LastSeen: fromMillis(r.LastSeen),
		}
	}
	return out, total, err
}

func (s *DB) layerRefs(ctx context.Context, imageID string) ([]landwaiter.LayerRef, error) {
	var rows []imageLayerRow
	err := s.r.NewSelect().Model(&rows).Where("image_id = ?", imageID).Order("idx").Scan(ctx)
	out := make([]landwaiter.LayerRef, len(rows))
	for i, l := range rows {
		out[i] = landwaiter.LayerRef{DiffID: l.DiffID, Digest: l.Digest, MediaType: l.MediaType, Size: l.Size}
	}
	return out, err
}

// RiskRow is a risk with its class.
type RiskRow struct {
	landwaiter.Risk
	Class  RiskClass
	InFile bool // else in a build step or the configuration
}

var riskListing = listing{
	filters: filters{
		BySeverity: severity("k.severity"),
		ByClass:    words(riskClassConditions()),
		ByInFile:   yesNo(cond("k.type = ?", riskInFile)),
		ByText:     eitherText("k.rule", "k.message"),
	},
	orders: map[OrderBy]string{OrderBySeverity: "k.severity"},
	usual:  "k.severity DESC, k.n",
	tie:    "k.n",
}

// Risks returns a page of an image's risks, the gravest first, and how many
// match in all. Filters: ByText (rule or message), BySeverity, ByClass, ByInFile.
// Orders: OrderBySeverity.
func (s Findings) Risks(ctx context.Context, imageID string, p Page) ([]RiskRow, int, error) {
	c, order, err := riskListing.query(p)
	if err != nil {
		return nil, 0, err
	}
	from := cond("image_risk AS k")
	c = and(cond("k.image_id = ?", imageID), c)
	total, err := s.db.count(ctx, "image_risk AS k", c)
	if err != nil {
		return nil, 0, err
	}
	var rows []riskRow
	err = s.db.r.NewRaw("SELECT * FROM ? WHERE ? ORDER BY ? LIMIT ? OFFSET ?", from, c, order, p.Limit, p.Offset).
		Scan(ctx, &rows)
	if err != nil {
		return nil, 0, err
	}
	layers, err := s.db.layerRefs(ctx, imageID)
	out := make([]RiskRow, len(rows))
	for i, r := range rows {
		out[i] = RiskRow{Class: riskClasses[r.Behavior], InFile: r.Type == riskInFile, Risk: landwaiter.Risk{
			Rule: r.Rule, Severity: landwaiter.Severity(r.Severity), Path: r.Path, Line: r.Line, Message: r.Message,
			Instruction: r.Instruction, Layer: layerID(layers, r.LayerIdx), State: landwaiter.FindingState(r.State),
		}}
	}
	return out, total, err
}

// Component is a package of an image with its count of vulnerabilities.
type Component struct {
	landwaiter.Package
	Vulns int
	Layer string
}

var componentListing = listing{
	filters: filters{
		ByName:    text("k.name"),
		ByVersion: text("k.version"),
		BySystem:  yesNo(cond("k.type IN ('deb', 'apk', 'rpm')")),
		BySeverity: func(v string, exact bool) (where, error) {
			c, err := severity("v.severity")(v, exact)
			return componentHasVul(c), err
		},
		ByVulnerable: yesNo(componentHasVul(always)),
	},
	orders: map[OrderBy]string{OrderByVulns: "vulns"},
	usual:  "k.name, k.version, p.path",
}

// componentHasVul is the condition that package k, at place p, has a
// vulnerability that counts.
func componentHasVul(c where) where {
	const has = "EXISTS (SELECT 1 FROM package_vulnerability AS v WHERE v.package_id = k.id AND ? AND ?)"
	return cond(has, c, unsuppressed("p.image_id"))
}

// Components returns a page of an image's packages by name, one row for each
// path a package is found at, and how many match in all. Filters: ByName,
// ByVersion, BySystem, ByVulnerable, BySeverity. Orders: OrderByVulns.
func (s Findings) Components(ctx context.Context, imageID string, p Page) ([]Component, int, error) {
	c, order, err := componentListing.query(p)
	if err != nil {
		return nil, 0, err
	}
	const from = "image_package AS p JOIN package AS k ON k.id = p.package_id"
	c = and(cond("p.image_id = ?", imageID), c)
	total, err := s.db.count(ctx, from, c)
	if err != nil {
		return nil, 0, err
	}
	var rows []struct {
		packageRow
		Path     string
		LayerIdx int
		Dev      bool
		Owner    string
		Vulns    int
	}
	const query = `
		SELECT k.*, p.path, p.layer_idx, p.dev, p.owner,
			(SELECT COUNT(*) FROM package_vulnerability AS v WHERE v.package_id = k.id AND ?) AS vulns
		FROM ? WHERE ? ORDER BY ? LIMIT ? OFFSET ?`
	err = s.db.r.NewRaw(query, unsuppressed("p.image_id"), cond(from), c, order, p.Limit, p.Offset).Scan(ctx, &rows)
	if err != nil {
		return nil, 0, err
	}
	layers, err := s.db.layerRefs(ctx, imageID)
	out := make([]Component, len(rows))
	for i, r := range rows {
		pkg := r.pkg()
		pkg.Path, pkg.Dev, pkg.Owner = r.Path, r.Dev, r.Owner
		out[i] = Component{Package: pkg, Vulns: r.Vulns, Layer: layerID(layers, r.LayerIdx)}
	}
	return out, total, err
}
