package storetest

import (
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

// bases checks that an image's base is the stored image with the most of its
// lowest layers, and else what its history tells.
func bases(t *testing.T, s *db) {
	layers := func(ns ...int) []landwaiter.LayerRef {
		var out []landwaiter.LayerRef
		for _, n := range ns {
			out = append(out, landwaiter.LayerRef{DiffID: digest(n)})
		}
		return out
	}
	put := func(n int, img landwaiter.Image) landwaiter.Image {
		img.ID = digest(n)
		check(t, s.Images().Put(ctx, img, store.Place{}))
		return img
	}
	put(1, landwaiter.Image{Names: []string{"debian:12"}, Layers: layers(10)})
	put(2, landwaiter.Image{Names: []string{"node:22"}, Layers: layers(10, 11)})
	put(3, landwaiter.Image{Names: []string{"other:1"}, Layers: layers(11, 10)})
	app := put(4, landwaiter.Image{Layers: layers(10, 11, 12)})
	twin := put(5, landwaiter.Image{Layers: layers(10, 11, 12)})
	for name, c := range map[string]struct {
		img  landwaiter.Image
		want landwaiter.Base
	}{
		"the nearest":     {app, landwaiter.Base{ImageID: digest(2), Names: []string{"node:22"}, Layers: 2}},
		"the same layers": {twin, landwaiter.Base{ImageID: digest(2), Names: []string{"node:22"}, Layers: 2}},
		"in another order": {
			landwaiter.Image{Layers: layers(11, 10, 12)},
			landwaiter.Base{ImageID: digest(3), Names: []string{"other:1"}, Layers: 2},
		},
		"one layer":       {landwaiter.Image{Layers: layers(10)}, landwaiter.Base{}},
		"known to nobody": {landwaiter.Image{Layers: layers(20, 21)}, landwaiter.Base{}},
		"its history tells some": {
			landwaiter.Image{
				Layers: layers(20, 21),
				Config: landwaiter.ImageConfig{History: []landwaiter.History{{}, {CreatedBy: "CMD sh", EmptyLayer: true}, {}}},
			},
			landwaiter.Base{Layers: 1},
		},
	} {
		got, err := s.Images().Base(ctx, c.img)
		check(t, err)
		t.Log(name)
		same(t, got, c.want)
	}
}
