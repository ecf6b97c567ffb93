package docker

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/image"
	"pgregory.net/rapid"
)

func TestWhichStepsMadeLayers(t *testing.T) {
	type h = image.HistoryResponseItem
	for _, c := range []struct {
		name   string
		items  []h // first step first, unlike the engine's
		layers int
		want   []bool // made a layer
	}{
		{"sizes tell all", []h{{CreatedBy: "ADD x", Size: 1}, {CreatedBy: "ENV x"}, {CreatedBy: "RUN x", Size: 2}}, 2,
			[]bool{true, false, true}},
		{"a run without traces", []h{{CreatedBy: "ADD x", Size: 1}, {CreatedBy: "CMD x"}, {CreatedBy: "/bin/sh -c true"}}, 2,
			[]bool{true, false, true}},
		{"a run by BuildKit", []h{{CreatedBy: "ENV x"}, {CreatedBy: "RUN /bin/sh -c true # buildkit"}}, 1,
			[]bool{false, true}},
		{"a copy of empty files", []h{{CreatedBy: "/bin/sh -c #(nop) COPY file:1 in / "},
			{CreatedBy: "/bin/sh -c #(nop)  CMD x"}}, 1, []bool{true, false}},
		{"a directory", []h{{CreatedBy: "COPY x", Size: 1}, {CreatedBy: "WORKDIR /srv"}, {CreatedBy: "USER x"}}, 2,
			[]bool{true, true, false}},
		{"a directory that was there", []h{{CreatedBy: "COPY x", Size: 1}, {CreatedBy: "/bin/sh -c #(nop) WORKDIR /srv"}}, 1,
			[]bool{true, false}},
		{"nothing to go by", []h{{}, {}, {}}, 2, []bool{true, true, false}},
		{"more layers than steps", []h{{}}, 3, []bool{true}},
		{"fewer layers than sizes", []h{{Size: 1}, {Size: 1}}, 1, []bool{true, true}},
	} {
		items := slices.Clone(c.items)
		slices.Reverse(items)
		var got []bool
		for _, s := range fromHistory(items, c.layers) {
			got = append(got, !s.EmptyLayer)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

// TestHistoryFillsTheLayers: there are as many steps with layers as layers,
// where that is possible.
func TestHistoryFillsTheLayers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) image.HistoryResponseItem {
			return image.HistoryResponseItem{
				CreatedBy: rapid.SampledFrom([]string{"", "RUN x", "ENV x", "WORKDIR /", "/bin/sh -c #(nop) CMD"}).Draw(t, "step"),
				Size:      rapid.Int64Range(0, 1).Draw(t, "size"),
			}
		}), 1, 8).Draw(t, "items")
		sized := 0
		for _, h := range items {
			sized += int(h.Size)
		}
		layers := rapid.IntRange(sized, len(items)).Draw(t, "layers")
		made := 0
		for i, s := range fromHistory(items, layers) {
			if !s.EmptyLayer {
				made++
			} else if items[len(items)-1-i].Size > 0 {
				t.Fatalf("step %d has a size but no layer", i)
			}
		}
		if made != layers {
			t.Fatalf("%d steps made layers, want %d", made, layers)
		}
	})
}
