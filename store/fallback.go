package store

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// fallbackRow is what a record says that others of its CVE, often those of
// distributions, leave out: a CVSS vector, or the weaknesses. They fall back on
// it.
type fallbackRow struct {
	bun.BaseModel `bun:"table:advisory_loan,alias:advisory_loan"`
	Cve           string
	AdvisoryID    string
	Type          string // of the vector, or fallbackCWEs
	Value         string
}

// fallbackCWEs is the type of a row of weaknesses, joined by commas.
const fallbackCWEs = "CWE"

// fallbacksOf returns what others may take from a record: nothing from one that
// is about several flaws, as it does not say which of them its words are about.
func fallbacksOf(a NewAdvisory) []fallbackRow {
	if len(a.CVEs) != 1 || !a.Withdrawn.IsZero() {
		return nil
	}
	var rows []fallbackRow
	for _, v := range a.Severity {
		rows = append(rows, fallbackRow{Cve: clean(a.CVEs[0]), AdvisoryID: a.ID, Type: clean(v.Type), Value: clean(v.Score)})
	}
	if len(a.CWEs) > 0 {
		rows = append(rows, fallbackRow{
			Cve: clean(a.CVEs[0]), AdvisoryID: a.ID, Type: fallbackCWEs, Value: clean(strings.Join(a.CWEs, ",")),
		})
	}
	return rows
}

// putFallbacks replaces the rows of the records, and adds to changed the CVEs of
// those that were added, removed or changed.
func putFallbacks(ctx context.Context, tx bun.Tx, ids []string, fresh []fallbackRow, changed map[string]bool) error {
	var old []fallbackRow
	for _, part := range chunks(ids, insertChunk) {
		var rows []fallbackRow
		const query = "DELETE FROM advisory_loan WHERE advisory_id IN (?) RETURNING cve, advisory_id, type, value"
		err := tx.NewRaw(query, bun.List(part)).Scan(ctx, &rows)
		if err != nil {
			return err
		}
		old = append(old, rows...)
	}
	differing(changed, old, fresh, func(f fallbackRow) string { return f.Cve })
	return insert(ctx, tx, fresh, doNothing)
}

// addFallbacks fills in what is not known of the CVEs otherwise. Of several
// records the first by ID decides, with a vector of CVSS 3 before one of 4 and 2,
// as package match prefers them.
func addFallbacks(ctx context.Context, tx bun.Tx, cves []string, to map[string]landwaiter.Enrichment) error {
	var fallbacks []fallbackRow
	const query = `
		SELECT cve, advisory_id, type, value FROM advisory_loan WHERE cve IN (?)
		ORDER BY cve, CASE type WHEN 'CVSS_V3' THEN 0 WHEN 'CVSS_V4' THEN 1 ELSE 2 END, advisory_id`
	err := tx.NewRaw(query, bun.List(cves)).Scan(ctx, &fallbacks)
	if err != nil {
		return err
	}
	for _, f := range fallbacks {
		e := to[f.Cve]
		e.CVE = f.Cve
		switch {
		case f.Type == fallbackCWEs && len(e.CWEs) == 0:
			e.CWEs, e.CWEsFrom = cweList(f.Value), f.AdvisoryID
		case f.Type != fallbackCWEs && e.CVSSVector == "":
			e.CVSSVector, e.CVSSFrom = f.Value, f.AdvisoryID
		}
		to[f.Cve] = e
	}
	return nil
}
