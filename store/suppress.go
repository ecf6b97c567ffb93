package store

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/landwaiter/landwaiter"
)

// Suppressions says which findings are accepted, in which images, why, and until
// when.
//
// A suppressed finding is stored and listed like any other, but not counted.
// After Put or Remove returns, the counts of all images follow.
type Suppressions struct{ db *DB }

// Suppressions gives access to the accepted findings.
func (s *DB) Suppressions() Suppressions { return Suppressions{s} }

type suppressionRow struct {
	bun.BaseModel `bun:"table:suppression,alias:suppression"`
	ID            string `bun:",pk"`
	Vulnerability string
	Package       string
	Image         string
	NameLike      string
	Status        string
	Reason        string
	Source        string
	CreatedAt     int64
	ExpiresAt     int64
}

type suppressedRow struct {
	bun.BaseModel `bun:"table:suppressed,alias:suppressed"`
	PackageID     int64
	Vulnerability string
	SuppressionID string
}

// nowArg is what ?now in a query stands for: the time at which it is run.
type nowArg struct{ db *DB }

// AppendQuery implements bun's schema.QueryAppender.
func (a nowArg) AppendQuery(_ schema.QueryGen, b []byte) ([]byte, error) {
	return strconv.AppendInt(b, a.db.now(), 10), nil
}

// suppressedSQL joins to verdict v, of a package in the image that the expression
// names, the suppressions x that cover it now. Flaw and package are compared
// once, when the row in suppressed is written; the image and the expiry here,
// since they change without a write.
func suppressedSQL(imageID string) where {
	const query = `
		suppressed AS y JOIN suppression AS x ON x.id = y.suppression_id
		WHERE y.package_id = v.package_id AND y.vulnerability = v.id
			AND (x.expires_at = 0 OR x.expires_at > ?now)
			AND (x.image = ''
				OR EXISTS (
					SELECT 1 FROM image AS xi
					WHERE xi.id = ?0 AND (xi.id = x.image OR xi.manifest_digest = x.image
						OR (x.name_like = '' AND xi.repo_digests LIKE '%@' || x.image || '"%')))
				OR EXISTS (
					SELECT 1 FROM image_name AS xn
					WHERE xn.image_id = ?0 AND x.name_like <> '' AND LOWER(xn.name) LIKE x.name_like ESCAPE '!'))`
	return cond(query, cond(imageID))
}

// unsuppressed is the condition that verdict v counts in the image that the
// expression names: nothing suppresses it.
func unsuppressed(imageID string) where {
	return cond("NOT EXISTS (SELECT 1 FROM ?)", suppressedSQL(imageID))
}

// StoredSuppression is a suppression with how many verdicts on package
// versions it is about, whatever the number of images.
type StoredSuppression struct {
	landwaiter.Suppression
	Verdicts int
}

// List lists all, expired ones included, by flaw.
func (s Suppressions) List(ctx context.Context) ([]StoredSuppression, error) {
	var rows []struct {
		suppressionRow
		Verdicts int
	}
	const query = `
		SELECT x.*, (SELECT COUNT(*) FROM suppressed AS y WHERE y.suppression_id = x.id) AS verdicts
		FROM suppression AS x ORDER BY x.vulnerability, x.package, x.image, x.id`
	err := s.db.r.NewRaw(query).Scan(ctx, &rows)
	out := make([]StoredSuppression, len(rows))
	for i, r := range rows {
		out[i] = StoredSuppression{r.suppression(), r.Verdicts}
	}
	return out, err
}

func (r suppressionRow) suppression() landwaiter.Suppression {
	return landwaiter.Suppression{
		ID: r.ID, Vulnerability: r.Vulnerability, Package: r.Package, Image: r.Image,
		Status: landwaiter.SuppressionStatus(r.Status),
		Reason: r.Reason, Source: r.Source, Created: fromMillis(r.CreatedAt), Expires: fromMillis(r.ExpiresAt),
	}
}

// Put adds suppressions, replacing those with the same ID, and
// applies them to what is stored. The other suppressions of the source are
// removed, unless it is "": a document is there as it was read last. A
// suppression that does not [landwaiter.Suppression.Check] is Invalid, and
// nothing is stored then.
func (s Suppressions) Put(ctx context.Context, list []landwaiter.Suppression, source string) error {
	rows := map[string]suppressionRow{}
	for _, x := range list {
		if err := x.Check(); err != nil {
			return err
		}
		row := suppressionRow{
			ID: landwaiter.SuppressionID(x), Vulnerability: clean(x.Vulnerability), Package: clean(x.Package),
			Image:    clean(x.Image),
			NameLike: likeName(clean(x.NamePattern())), Status: string(x.Status), Reason: clean(x.Reason),
			Source:    clean(x.Source),
			CreatedAt: millis(x.Created), ExpiresAt: millis(x.Expires),
		}
		rows[row.ID] = row
	}
	return s.db.tx(ctx, func(tx bun.Tx) error {
		if err := s.db.lockMatches(ctx, tx, true); err != nil {
			return err
		}
		if source != "" {
			if _, err := tx.NewRaw("DELETE FROM suppression WHERE source = ?", clean(source)).Exec(ctx); err != nil {
				return err
			}
		}
		ids := slices.Sorted(maps.Keys(rows))
		for _, part := range chunks(ids, insertChunk) {
			if _, err := tx.NewRaw("DELETE FROM suppression WHERE id IN (?)", bun.List(part)).Exec(ctx); err != nil {
				return err
			}
		}
		sorted := make([]suppressionRow, 0, len(rows))
		for _, id := range ids {
			sorted = append(sorted, rows[id])
		}
		if err := insert(ctx, tx, sorted, nil); err != nil {
			return err
		}
		return applySuppressions(ctx, tx, sorted)
	})
}

// likeName makes a LIKE pattern of one with stars.
func likeName(pattern string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_", "*", "%").Replace(pattern)
}

// Remove removes suppressions by ID or by source. NotFound when there is none of
// that name.
func (s Suppressions) Remove(ctx context.Context, idOrSource string) (int, error) {
	res, err := s.db.w.NewRaw("DELETE FROM suppression WHERE id = ?0 OR source = ?0", clean(idOrSource)).Exec(ctx)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		err = landwaiter.Errorf(landwaiter.NotFound, "no suppression %q; see 'landwaiter ignore list'", idOrSource)
	}
	return int(n), err
}

// applySuppressions applies new suppressions to the stored verdicts that they
// cover, in pages of packages.
func applySuppressions(ctx context.Context, tx bun.Tx, list []suppressionRow) error {
	byFlaw := suppressionsByFlaw(list)
	for last := int64(-1); len(list) > 0; {
		var ids []int64
		const page = `
			SELECT DISTINCT package_id FROM package_vulnerability WHERE package_id > ?
			ORDER BY package_id LIMIT ?`
		err := tx.NewRaw(page, last, insertChunk).Scan(ctx, &ids)
		if err != nil || len(ids) == 0 {
			return err
		}
		last = ids[len(ids)-1]
		var verdicts []struct {
			packageRow
			Flaw    string
			Aliases string
		}
		const verdictsOf = `
			SELECT k.*, v.id AS flaw, v.aliases
			FROM package_vulnerability AS v JOIN package AS k ON k.id = v.package_id
			WHERE v.package_id IN (?)`
		err = tx.NewRaw(verdictsOf, bun.List(ids)).Scan(ctx, &verdicts)
		if err != nil {
			return err
		}
		var rows []suppressedRow
		for _, v := range verdicts {
			rows = append(rows, suppressedRows(byFlaw, v.ID, v.pkg(), v.Flaw, v.Aliases)...)
		}
		if err := insert(ctx, tx, rows, doNothing); err != nil {
			return err
		}
	}
	return nil
}

func suppressionsByFlaw(list []suppressionRow) map[string][]landwaiter.Suppression {
	out := map[string][]landwaiter.Suppression{}
	for _, r := range list {
		out[r.Vulnerability] = append(out[r.Vulnerability], r.suppression())
	}
	return out
}

// suppressedRows returns what one verdict is suppressed by.
func suppressedRows(
	byFlaw map[string][]landwaiter.Suppression, packageID int64, p landwaiter.Package, id, aliases string,
) []suppressedRow {
	var rows []suppressedRow
	for _, name := range append([]string{id}, aliasList(aliases)...) {
		for _, x := range byFlaw[name] {
			if x.CoversPackage(p) {
				rows = append(rows, suppressedRow{PackageID: packageID, Vulnerability: id, SuppressionID: x.ID})
			}
		}
	}
	return rows
}

// suppressVerdicts applies the suppressions again to the verdicts on the
// packages, after these changed.
func suppressVerdicts(
	ctx context.Context, tx bun.Tx, pkgs map[int64]landwaiter.Package, ids []int64, verdicts []vulnerabilityRow,
) error {
	var list []suppressionRow
	if err := tx.NewSelect().Model(&list).Scan(ctx); err != nil || len(list) == 0 {
		return err
	}
	if _, err := tx.NewRaw("DELETE FROM suppressed WHERE package_id IN (?)", bun.List(ids)).Exec(ctx); err != nil {
		return err
	}
	byFlaw := suppressionsByFlaw(list)
	var rows []suppressedRow
	for _, v := range verdicts {
		rows = append(rows, suppressedRows(byFlaw, v.PackageID, pkgs[v.PackageID], v.ID, v.Aliases)...)
	}
	return insert(ctx, tx, rows, doNothing)
}

// suppressedOf returns the findings of an image that do not count, each with
// the suppression that was there first.
func (s *DB) suppressedOf(
	ctx context.Context, imageID string, layers []landwaiter.LayerRef,
) ([]landwaiter.SuppressedVulnerability, error) {
	var rows []struct {
		vulnRow
		SuppressedBy string
	}
	by := cond("(SELECT MIN(x.id) FROM ?)", suppressedSQL("p.image_id"))
	err := s.r.NewRaw("SELECT ?, ? AS suppressed_by FROM ? WHERE NOT ? ORDER BY ?", cond(vulnColumns), by,
		cond(vulnFrom, imageID), unsuppressed("p.image_id"), cond(vulnOrder)).Scan(ctx, &rows)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	list, err := s.Suppressions().List(ctx)
	if err != nil {
		return nil, err
	}
	byID := map[string]landwaiter.Suppression{}
	for _, x := range list {
		byID[x.ID] = x.Suppression
	}
	out := make([]landwaiter.SuppressedVulnerability, len(rows))
	for i, r := range rows {
		out[i] = landwaiter.SuppressedVulnerability{ImageVulnerability: r.vulnerability(layers), By: byID[r.SuppressedBy]}
	}
	return out, nil
}

// Active returns the suppressions that have not expired.
func (s Suppressions) Active(ctx context.Context) ([]landwaiter.Suppression, error) {
	list, err := s.List(ctx)
	at := s.db.clock()
	var out []landwaiter.Suppression
	for _, x := range list {
		if !x.Expired(at) {
			out = append(out, x.Suppression)
		}
	}
	return out, err
}
