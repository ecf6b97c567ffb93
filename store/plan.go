package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Plan counts what a task over the selection would do, given the analysers
// that its kinds need. NotFound when it names unknown images or clusters.
func (s Tasks) Plan(
	ctx context.Context, sel landwaiter.Selection, want []landwaiter.Analyser,
) (landwaiter.Plan, error) {
	var p landwaiter.Plan
	picked, err := selectionWhere(sel)
	if err != nil {
		return p, err
	}
	sel.OneClick = false // a plan starts nothing, so another one may run
	err = s.db.tx(ctx, func(tx bun.Tx) error {
		if err := s.db.checkSelection(ctx, tx, sel); err != nil {
			return err
		}
		if err := planImages(ctx, tx, picked, sel, &p); err != nil {
			return err
		}
		return planLayers(ctx, tx, and(picked, cond("i.authorized AND NOT ?", cond(busySQL))), want, &p)
	})
	return p, err
}

func planImages(ctx context.Context, tx bun.Tx, picked where, sel landwaiter.Selection, p *landwaiter.Plan) error {
	var groups []struct {
		Authorized, Busy, Reachable bool
		Why                         string
		N                           int
	}
	const query = `
		SELECT authorized, busy, reachable, why, COUNT(*) AS n
		FROM (
			SELECT i.authorized AS authorized, ? AS busy,
				EXISTS (SELECT 1 FROM image_place AS l WHERE l.image_id = i.id AND NOT l.gone) AS reachable,
				? AS why
			FROM image AS i WHERE ?) AS x
		GROUP BY authorized, busy, reachable, why`
	err := tx.NewRaw(query, cond(busySQL), whySQL(sel), picked).Scan(ctx, &groups)
	if err != nil {
		return err
	}
	p.Why = map[string]int{}
	for _, g := range groups {
		switch {
		case !g.Authorized:
			p.Unauthorized += g.N
		case g.Busy:
			p.Busy += g.N
		default:
			p.Images += g.N
			if !g.Reachable {
				p.Unreachable += g.N
			}
			if g.Why != "" {
				p.Why[g.Why] += g.N
			}
		}
	}
	return nil
}

func planLayers(ctx context.Context, tx bun.Tx, picked where, want []landwaiter.Analyser, p *landwaiter.Plan) error {
	known := always
	for _, a := range want {
		const query = `
			EXISTS (
				SELECT 1 FROM layer_analysis AS a
				WHERE a.diff_id = d.diff_id AND a.analyser = ? AND a.version = ?)`
		known = and(known, cond(query, a.Name, a.Version))
	}
	var n struct {
		Layers, Known int
		Bytes         int64
	}
	const query = `
		SELECT COUNT(*) AS layers, COUNT(CASE WHEN ?0 THEN 1 END) AS known,
			COALESCE(SUM(CASE WHEN ?0 THEN 0 ELSE size END), 0) AS bytes
		FROM (
			SELECT l.diff_id, MAX(l.size) AS size
			FROM image_layer AS l JOIN image AS i ON i.id = l.image_id WHERE ?1
			GROUP BY l.diff_id) AS d`
	err := tx.NewRaw(query, known, picked).Scan(ctx, &n)
	if err != nil {
		return err
	}
	p.Layers, p.KnownLayers, p.Bytes = n.Layers, n.Known, n.Bytes
	p.Rate, err = layerRate(ctx, tx)
	return err
}
