package store

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// loanRow is what a record lends to the others of its CVE, which are often
// those of distributions and say neither: a CVSS vector, or its weaknesses.
type loanRow struct {
	bun.BaseModel `bun:"table:advisory_loan,alias:advisory_loan"`
	Cve           string
	AdvisoryID    string
	Type          string // of the vector, or loanCWEs
	Value         string
}

// loanCWEs is the type of a loan of weaknesses, joined by commas.
const loanCWEs = "CWE"

// loansOf returns what a record lends. One of several flaws lends nothing:
// which of them its words are about is not known.
func loansOf(a NewAdvisory) []loanRow {
	if len(a.CVEs) != 1 || !a.Withdrawn.IsZero() {
		return nil
	}
	var rows []loanRow
	for _, v := range a.Severity {
		rows = append(rows, loanRow{Cve: clean(a.CVEs[0]), AdvisoryID: a.ID, Type: clean(v.Type), Value: clean(v.Score)})
	}
	if len(a.CWEs) > 0 {
		rows = append(rows, loanRow{
			Cve: clean(a.CVEs[0]), AdvisoryID: a.ID, Type: loanCWEs, Value: clean(strings.Join(a.CWEs, ",")),
		})
	}
	return rows
}

// putLoans replaces what the records lend, and adds to changed the CVEs of
// loans that came, went or changed.
func putLoans(ctx context.Context, tx bun.Tx, ids []string, fresh []loanRow, changed map[string]bool) error {
	var old []loanRow
	for _, part := range chunks(ids, insertChunk) {
		var rows []loanRow
		const query = "DELETE FROM advisory_loan WHERE advisory_id IN (?) RETURNING cve, advisory_id, type, value"
		err := tx.NewRaw(query, bun.List(part)).Scan(ctx, &rows)
		if err != nil {
			return err
		}
		old = append(old, rows...)
	}
	differing(changed, old, fresh, func(l loanRow) string { return l.Cve })
	return insert(ctx, tx, fresh, doNothing)
}

// addLoans fills in what is not known of the CVEs but lent. Of several lenders
// the first by ID has the word, with a vector of CVSS 3 before one of 4 and 2,
// as package match prefers them.
func addLoans(ctx context.Context, tx bun.Tx, cves []string, to map[string]landwaiter.Enrichment) error {
	var loans []loanRow
	const query = `
		SELECT cve, advisory_id, type, value FROM advisory_loan WHERE cve IN (?)
		ORDER BY cve, CASE type WHEN 'CVSS_V3' THEN 0 WHEN 'CVSS_V4' THEN 1 ELSE 2 END, advisory_id`
	err := tx.NewRaw(query, bun.List(cves)).Scan(ctx, &loans)
	if err != nil {
		return err
	}
	for _, l := range loans {
		e := to[l.Cve]
		e.CVE = l.Cve
		switch {
		case l.Type == loanCWEs && len(e.CWEs) == 0:
			e.CWEs, e.CWEsFrom = cweList(l.Value), l.AdvisoryID
		case l.Type != loanCWEs && e.CVSSVector == "":
			e.CVSSVector, e.CVSSFrom = l.Value, l.AdvisoryID
		}
		to[l.Cve] = e
	}
	return nil
}
