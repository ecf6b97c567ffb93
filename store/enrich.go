package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

type enrichmentRow struct {
	bun.BaseModel `bun:"table:enrichment,alias:enrichment"`
	Cve           string `bun:",pk"`
	CvssVector    string
	Kev           int64
	Epss          float64
	Exploit       string
	Cwes          string
}

type lifecycleRow struct {
	bun.BaseModel `bun:"table:lifecycle,alias:lifecycle"`
	Product       string
	Cycle         string
	Eol           int64
}

// PutEnrichment adds facts about CVEs; a zero field leaves what is stored. The
// CVEs of which something changed are stale.
func (s Advisories) PutEnrichment(ctx context.Context, list []landwaiter.Enrichment) (Stale, error) {
	rows := make([]enrichmentRow, 0, len(list))
	seen := make(map[string]bool, len(list))
	for _, e := range list {
		if !seen[e.CVE] { // one statement cannot change a row twice
			seen[e.CVE] = true
			rows = append(rows, enrichmentRow{
				Cve: clean(e.CVE), CvssVector: clean(e.CVSSVector), Kev: millis(e.KEV), Epss: e.EPSS, Exploit: clean(e.Exploit),
				Cwes: clean(strings.Join(e.CWEs, ",")),
			})
		}
	}
	stale := Stale{CVEs: map[string]bool{}}
	// Rows that would stay as they are must not be written, and make nothing stale.
	const differs = `
		(excluded.cvss_vector <> '' AND excluded.cvss_vector <> enrichment.cvss_vector)
		OR (excluded.kev <> 0 AND excluded.kev <> enrichment.kev)
		OR (excluded.epss <> 0 AND excluded.epss <> enrichment.epss)
		OR (excluded.exploit <> '' AND excluded.exploit <> enrichment.exploit)
		OR (excluded.cwes <> '' AND excluded.cwes <> enrichment.cwes)`
	err := s.db.tx(ctx, func(tx bun.Tx) error {
		for _, part := range chunks(rows, insertChunk) {
			var cves []string
			err := tx.NewInsert().Model(&part).On("CONFLICT (cve) DO UPDATE").
				Set("cvss_vector = CASE WHEN excluded.cvss_vector <> '' THEN excluded.cvss_vector ELSE enrichment.cvss_vector END").
				Set("kev = CASE WHEN excluded.kev <> 0 THEN excluded.kev ELSE enrichment.kev END").
				Set("epss = CASE WHEN excluded.epss <> 0 THEN excluded.epss ELSE enrichment.epss END").
				Set("exploit = CASE WHEN excluded.exploit <> '' THEN excluded.exploit ELSE enrichment.exploit END").
				Set("cwes = CASE WHEN excluded.cwes <> '' THEN excluded.cwes ELSE enrichment.cwes END").
				Where(differs).
				Returning("cve").Scan(ctx, &cves)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			for _, cve := range cves {
				stale.CVEs[cve] = true
			}
		}
		return nil
	})
	return stale, err
}

// PutLifecycles adds release lines, replacing those known.
func (s Advisories) PutLifecycles(ctx context.Context, list []landwaiter.Lifecycle) error {
	seen := map[[2]string]bool{}
	var rows []lifecycleRow
	for _, l := range list {
		key := [2]string{l.Product, l.Cycle}
		if !seen[key] {
			seen[key] = true
			rows = append(rows, lifecycleRow{Product: clean(l.Product), Cycle: clean(l.Cycle), Eol: millis(l.EOL)})
		}
	}
	return s.db.tx(ctx, func(tx bun.Tx) error {
		return insert(ctx, tx, rows, func(q *bun.InsertQuery) *bun.InsertQuery {
			return q.On("CONFLICT (product, cycle) DO UPDATE").Set("eol = excluded.eol")
		})
	})
}

// Lifecycles returns the release lines of a product.
func (s Advisories) Lifecycles(ctx context.Context, product string) ([]landwaiter.Lifecycle, error) {
	var rows []lifecycleRow
	if err := s.db.r.NewSelect().Model(&rows).Where("product = ?", clean(product)).Order("cycle").Scan(ctx); err != nil {
		return nil, err
	}
	out := make([]landwaiter.Lifecycle, len(rows))
	for i, r := range rows {
		out[i] = landwaiter.Lifecycle{Product: r.Product, Cycle: r.Cycle, EOL: fromMillis(r.Eol)}
	}
	return out, nil
}

// enrichmentOf loads what is known of every CVE that the advisories name: from
// enrichment data, else by what other records say.
func (s *DB) enrichmentOf(
	ctx context.Context, tx bun.Tx, advisories map[int64][]*landwaiter.Advisory,
	cvesOf func(*landwaiter.Advisory) []string,
) (map[string]landwaiter.Enrichment, error) {
	seen := map[string]bool{}
	var cves []string
	for _, list := range advisories {
		for _, a := range list {
			for _, cve := range cvesOf(a) {
				if !seen[cve] {
					seen[cve] = true
					cves = append(cves, cve)
				}
			}
		}
	}
	out := make(map[string]landwaiter.Enrichment, len(cves))
	for _, part := range chunks(cves, insertChunk) {
		var rows []enrichmentRow
		if err := tx.NewSelect().Model(&rows).Where("cve IN (?)", bun.List(part)).Scan(ctx); err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[r.Cve] = landwaiter.Enrichment{
				CVE: r.Cve, CVSSVector: r.CvssVector, KEV: fromMillis(r.Kev), EPSS: r.Epss, Exploit: r.Exploit,
				CWEs: cweList(r.Cwes),
			}
		}
		if err := addFallbacks(ctx, tx, part, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func cweList(column string) []string {
	if column == "" {
		return nil
	}
	return strings.Split(column, ",")
}
