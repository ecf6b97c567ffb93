package layer

import (
	"cmp"
	"slices"

	"github.com/landwaiter/landwaiter"
)

// fact is something that an analyser found in a file of a layer.
type fact[T any] struct {
	value T
	layer int // the layer that introduced it; the bottom layer is 0
	order int // position in that layer's report
}

// place is where a fact is reported: the path of the file, the layer, and the
// position in its report.
type place struct {
	path         string
	layer, order int
}

// overlay merges the facts of one type.
type overlay[T any] struct {
	reports  [][]T // by layer
	identify func(*T) (path, key string)
	present  []fact[T] // in the order of layers, like hidden
	hidden   []fact[T] // of files that were deleted or replaced
}

// merge merges the facts that of returns for each layer. If the context of s
// ends, the result is incomplete.
func merge[T any](
	layers []*landwaiter.LayerReport, hashes *hashLayers, s *steps,
	of func(*landwaiter.LayerReport) []T, identify func(*T) (path, key string),
) *overlay[T] {
	o := &overlay[T]{reports: make([][]T, len(layers)), identify: identify}
	var places []place
	for i, l := range layers {
		o.reports[i] = of(l)
		for j := range o.reports[i] {
			if !s.take(1) {
				return o
			}
			path, _ := identify(&o.reports[i][j])
			places = append(places, place{path, i, j})
		}
	}
	sortPlaces(places, s)
	hider := newHider(len(layers), hashes, s)
	for len(places) > 0 && s.err == nil {
		n := 1
		for n < len(places) && places[n].path == places[0].path {
			n++
		}
		o.file(places[:n], hider.of(places[0].path), s)
		places = places[n:]
	}
	inOrder(o.present, s)
	inOrder(o.hidden, s)
	return o
}

// sortPlaces sorts by path, layer and order. Once the context has ended, all
// places count as equal, which ends the sort soon.
func sortPlaces(places []place, s *steps) {
	slices.SortFunc(places, func(a, b place) int {
		if !s.take(1) {
			return 0
		}
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.layer, b.layer), cmp.Compare(a.order, b.order))
	})
}

// file merges the facts of one path; hiddenBy are the layers that hide what is
// below them at that path.
func (o *overlay[T]) file(places []place, hiddenBy bitset, s *steps) {
	visible := map[string]fact[T]{} // by key
	last := 0                       // the layer that visible is up to
	for len(places) > 0 {
		layer := places[0].layer
		if !s.take(1 + (layer-last)/64) {
			return
		}
		if hiddenBy.anyBetween(last, layer) {
			o.bury(visible)
			visible = map[string]fact[T]{}
		}
		var replaced map[string]fact[T]
		if hiddenBy.has(layer) {
			replaced, visible = visible, map[string]fact[T]{}
		}
		for ; len(places) > 0 && places[0].layer == layer && s.take(1); places = places[1:] {
			order := places[0].order
			value := &o.reports[layer][order]
			_, key := o.identify(value)
			if _, twice := visible[key]; twice {
				continue
			}
			now := fact[T]{value: *value, layer: layer, order: order}
			if before, ok := replaced[key]; ok {
				now.layer, now.order = before.layer, before.order
				delete(replaced, key)
			}
			visible[key] = now
		}
		o.bury(replaced)
		last = layer
	}
	s.take((len(o.reports) - last) / 64)
	if hiddenBy.anyBetween(last, len(o.reports)) {
		o.bury(visible)
		return
	}
	for _, f := range visible {
		o.present = append(o.present, f)
	}
}

func (o *overlay[T]) bury(facts map[string]fact[T]) {
	for _, f := range facts {
		o.hidden = append(o.hidden, f)
	}
}

// byState yields both states with their facts.
func (o *overlay[T]) byState(yield func(landwaiter.FindingState, []fact[T]) bool) {
	_ = yield(landwaiter.Present, o.present) && yield(landwaiter.Hidden, o.hidden)
}

func inOrder[T any](facts []fact[T], s *steps) {
	slices.SortFunc(facts, func(a, b fact[T]) int {
		if !s.take(1) {
			return 0
		}
		return cmp.Or(cmp.Compare(a.layer, b.layer), cmp.Compare(a.order, b.order))
	})
}
