package store

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Evidence is what the verdicts on one package version of an image rest on.
type Evidence struct {
	Package    landwaiter.ImagePackage // at the first path it is found
	Advisories []*landwaiter.Advisory  // all that are filed under its names
	Enrichment map[string]landwaiter.Enrichment
}

// Evidence returns the evidence on a flaw, by any of its IDs: of the package
// versions of the image that have it, or, when none has, of those that a record
// of the flaw names all the same. That may be none.
func (s Verdicts) Evidence(ctx context.Context, imageID, id string, m Matcher) ([]Evidence, error) {
	id = clean(id)
	layers, err := s.db.layerRefs(ctx, imageID)
	if err != nil {
		return nil, err
	}
	var out []Evidence
	err = s.db.r.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		alias, err := text("v.aliases")(`"`+id+`"`, false)
		if err != nil {
			return err
		}
		const query = `
			k.id IN (
				SELECT v.package_id FROM package_vulnerability AS v
				WHERE v.package_id = k.id AND (v.id = ? OR ?))`
		has := cond(query, id, alias)
		if out, err = s.db.evidence(ctx, tx, imageID, id, has, layers, m); err != nil || len(out) > 0 {
			return err
		}
		out, err = s.db.evidence(ctx, tx, imageID, id, always, layers, m)
		return err
	})
	return out, err
}

func (s *DB) evidence(
	ctx context.Context, tx bun.Tx, imageID, id string, which where, layers []landwaiter.LayerRef, m Matcher,
) ([]Evidence, error) {
	var rows []struct {
		packageRow
		Path     string
		LayerIdx int
	}
	const query = `
		SELECT k.*, p.path, p.layer_idx
		FROM (
			SELECT package_id, MIN(path) AS path, MIN(layer_idx) AS layer_idx
			FROM image_package WHERE image_id = ? GROUP BY package_id) AS p
			JOIN package AS k ON k.id = p.package_id
		WHERE ? ORDER BY k.name, k.version, k.id`
	err := tx.NewRaw(query, imageID, which).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	var out []Evidence
	for _, part := range chunks(rows, insertChunk) {
		ids := make([]int64, len(part))
		for i, r := range part {
			ids[i] = r.ID
		}
		advisories, err := s.candidates(ctx, tx, ids)
		if err != nil {
			return nil, err
		}
		for pkg, list := range advisories {
			if !slices.ContainsFunc(list, func(a *landwaiter.Advisory) bool { return recordNames(a, id, m) }) {
				delete(advisories, pkg)
			}
		}
		enrich, err := s.enrichmentOf(ctx, tx, advisories, m.CVEs)
		if err != nil {
			return nil, err
		}
		for _, r := range part {
			if list := advisories[r.ID]; list != nil {
				p := landwaiter.ImagePackage{Package: r.pkg(), Layer: layerID(layers, r.LayerIdx)}
				p.Path = r.Path
				out = append(out, Evidence{Package: p, Advisories: list, Enrichment: enrich})
			}
		}
	}
	return out, nil
}

// recordNames reports whether a record is about the flaw.
func recordNames(a *landwaiter.Advisory, id string, m Matcher) bool {
	return a.ID == id || slices.Contains(a.Aliases, id) || slices.Contains(a.Upstream, id) ||
		slices.Contains(m.CVEs(a), id)
}
