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

// file is a path with facts in the layers applied so far.
type file[T any] struct {
	hidesIt   pathHashes
	factsOfIt map[string]fact[T] // by key
}

// overlay applies layers from the bottom up and tracks which facts are visible.
type overlay[T any] struct {
	files  map[string]*file[T] // visible, by path
	hashes dirHashes
	buried []fact[T]
}

func newOverlay[T any]() *overlay[T] { return &overlay[T]{files: map[string]*file[T]{}} }

// apply puts a layer with its index and facts on top.
func (o *overlay[T]) apply(layer int, index landwaiter.PathIndex, facts []T, identify func(*T) (path, key string)) {
	replaced := map[string]*file[T]{}
	for p, f := range o.files {
		if o.hashes.hides(index, p, f.hidesIt) {
			replaced[p] = f
			delete(o.files, p)
		}
	}
	for i := range facts {
		path, key := identify(&facts[i])
		f := o.files[path]
		if f == nil {
			f = &file[T]{hidesIt: hashesAt(path), factsOfIt: map[string]fact[T]{}}
			o.files[path] = f
		}
		if _, twice := f.factsOfIt[key]; twice {
			continue
		}
		now := fact[T]{value: facts[i], layer: layer, order: i}
		if old := replaced[path]; old != nil {
			if before, ok := old.factsOfIt[key]; ok {
				now.layer, now.order = before.layer, before.order
				delete(old.factsOfIt, key)
			}
		}
		f.factsOfIt[key] = now
	}
	for _, f := range replaced {
		for _, gone := range f.factsOfIt {
			o.buried = append(o.buried, gone)
		}
	}
}

// present returns the visible facts, in the order of layers.
func (o *overlay[T]) present() []fact[T] {
	var out []fact[T]
	for _, f := range o.files {
		for _, v := range f.factsOfIt {
			out = append(out, v)
		}
	}
	return inOrder(out)
}

// hidden returns the facts of files that were deleted or replaced.
func (o *overlay[T]) hidden() []fact[T] { return inOrder(o.buried) }

// byState yields both states with their facts.
func (o *overlay[T]) byState(yield func(landwaiter.FindingState, func() []fact[T]) bool) {
	_ = yield(landwaiter.Present, o.present) && yield(landwaiter.Hidden, o.hidden)
}

func inOrder[T any](facts []fact[T]) []fact[T] {
	slices.SortFunc(facts, func(a, b fact[T]) int {
		return cmp.Or(cmp.Compare(a.layer, b.layer), cmp.Compare(a.order, b.order))
	})
	return facts
}
