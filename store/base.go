package store

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/landwaiter/landwaiter"
)

// Base finds the image that another was built on: of the images whose layers
// are the lowest ones of img, the one with the most; else what the history of
// img tells.
func (s Images) Base(ctx context.Context, img landwaiter.Image) (landwaiter.Base, error) {
	chains := landwaiter.ChainIDs(img.Layers)
	if len(chains) < 2 {
		return landwaiter.Base{}, nil
	}
	layers := make(map[string]int, len(chains))
	for i, c := range chains[:len(chains)-1] {
		layers[c] = i + 1
	}
	var rows []struct{ ID, ChainID string }
	const query = "SELECT id, chain_id FROM image WHERE chain_id IN (?) ORDER BY created, id"
	err := s.db.r.NewRaw(query, bun.List(chains[:len(chains)-1])).Scan(ctx, &rows)
	if err != nil {
		return landwaiter.Base{}, err
	}
	var base landwaiter.Base
	for _, r := range rows { // of several with the same layers, the oldest
		if n := layers[r.ChainID]; n > base.Layers {
			base = landwaiter.Base{ImageID: r.ID, Layers: n}
		}
	}
	if base.ImageID == "" {
		return img.GuessBase(), nil
	}
	err = s.db.r.NewRaw("SELECT name FROM image_name WHERE image_id = ? ORDER BY name", base.ImageID).
		Scan(ctx, &base.Names)
	return base, err
}
