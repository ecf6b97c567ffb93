package store

import (
	"context"
	"time"

	"github.com/landwaiter/landwaiter"
)

// Summary counts the inventory.
type Summary struct {
	Images, Authorized, Trusted, Scanned int
	WithVulns, WithMalware, WithSecrets  int
	Unsafe                               int // with any finding but hints
	Fixable                              int // with a critical vulnerability that can be fixed
	NewToday, UnsafeToday                int // first seen since midnight UTC
	Containers, Running, Paused, Hosts   int
	LastScan                             time.Time
}

// Totals counts the images, hosts and containers.
func (s Images) Totals(ctx context.Context) (Summary, error) {
	var row struct {
		Images, Authorized, Trusted, Scanned                 int
		WithVulns, WithMalware, WithSecrets, Unsafe, Fixable int
		NewToday, UnsafeToday                                int
		LastScan                                             int64
	}
	midnight := s.db.clock().UTC().Truncate(24 * time.Hour).UnixMilli()
	const images = `
		SELECT COUNT(*) AS images,
			COUNT(CASE WHEN authorized THEN 1 END) AS authorized,
			COUNT(CASE WHEN trusted THEN 1 END) AS trusted,
			COUNT(CASE WHEN scan_time > 0 THEN 1 END) AS scanned,
			COUNT(CASE WHEN vul THEN 1 END) AS with_vulns,
			COUNT(CASE WHEN virus THEN 1 END) AS with_malware,
			COUNT(CASE WHEN secret THEN 1 END) AS with_secrets,
			COUNT(CASE WHEN vul OR virus OR risk THEN 1 END) AS unsafe,
			COUNT(CASE WHEN fixable THEN 1 END) AS fixable,
			COUNT(CASE WHEN first_seen >= ?0 THEN 1 END) AS new_today,
			COUNT(CASE WHEN first_seen >= ?0 AND (vul OR virus OR risk) THEN 1 END) AS unsafe_today,
			COALESCE(MAX(scan_time), 0) AS last_scan
		FROM (
			SELECT i.authorized, i.trusted, i.scan_time, i.first_seen, ?1 AS vul, ?2 AS virus, ?3 AS risk, ?4 AS fixable,
				?5 AS secret
			FROM image AS i) AS x`
	err := s.db.r.NewRaw(images, midnight, imageSecurity[HasVulnerability], imageSecurity[HasMalware],
		imageSecurity[HasRisk], hasFixableCritical, imageSecurity[HasSecret]).Scan(ctx, &row)
	if err != nil {
		return Summary{}, err
	}
	sum := Summary{
		Images: row.Images, Authorized: row.Authorized, Trusted: row.Trusted, Scanned: row.Scanned, WithVulns: row.WithVulns,
		WithMalware: row.WithMalware,
		WithSecrets: row.WithSecrets, Unsafe: row.Unsafe, Fixable: row.Fixable, NewToday: row.NewToday,
		UnsafeToday: row.UnsafeToday, LastScan: fromMillis(row.LastScan),
	}
	var rt struct{ Containers, Running, Paused, Hosts int }
	const running = `
		SELECT COUNT(*) AS containers,
			COUNT(CASE WHEN state = 'running' THEN 1 END) AS running,
			COUNT(CASE WHEN state = 'paused' THEN 1 END) AS paused,
			(SELECT COUNT(*) FROM host) AS hosts
		FROM container`
	err = s.db.r.NewRaw(running).Scan(ctx, &rt)
	sum.Containers, sum.Running, sum.Paused, sum.Hosts = rt.Containers, rt.Running, rt.Paused, rt.Hosts
	return sum, err
}

// Grades counts findings by severity.
type Grades struct {
	Vulnerabilities, Malware, Secrets [landwaiter.Critical + 1]int
}

// BySeverity counts the findings of all images: a vulnerability once
// for each image and package version that has it.
func (s Findings) BySeverity(ctx context.Context) (Grades, error) {
	var rows []struct {
		Kind     string
		Severity int
		N        int
	}
	const query = `
		SELECT 'vul' AS kind, v.severity, COUNT(*) AS n
		FROM (SELECT DISTINCT image_id, package_id FROM image_package) AS p
			JOIN package_vulnerability AS v ON v.package_id = p.package_id
		WHERE ? GROUP BY v.severity
		UNION ALL
		SELECT 'virus', severity, COUNT(*) FROM image_malware GROUP BY severity
		UNION ALL
		SELECT 'virus', m.severity, COUNT(*)
		FROM (SELECT DISTINCT image_id, package_id FROM image_package) AS p
			JOIN package_malware AS m ON m.package_id = p.package_id
		GROUP BY m.severity
		UNION ALL
		SELECT 'risk', severity, COUNT(*) FROM image_risk WHERE behavior = 3 GROUP BY severity -- secrets, see riskClasses`
	err := s.db.r.NewRaw(query, unsuppressed("p.image_id")).Scan(ctx, &rows)
	var g Grades
	for _, r := range rows {
		counts := map[string]*[landwaiter.Critical + 1]int{"vul": &g.Vulnerabilities, "virus": &g.Malware,
			"risk": &g.Secrets}[r.Kind]
		counts[r.Severity] += r.N
	}
	return g, err
}
