package layer_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/layer"
)

// indexOf returns the index of a layer with these files.
func indexOf(t interface{ Fatal(...any) }, files []imagetest.File) landwaiter.PathIndex {
	blob := imagetest.Layer{Files: files, Compression: imagetest.Uncompressed}.Blob()
	r, err := layer.NewReader(bytes.NewReader(blob), layer.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for err == nil {
		_, err = r.Next()
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	return r.Index()
}

func merged(t interface{ Fatal(...any) }, layers []*landwaiter.LayerReport) layer.Merged {
	m, err := layer.Merge(context.Background(), layers)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// stackedLayer is a random layer: a tree with facts about its nodes, and
// whiteouts.
type stackedLayer struct {
	nodes     map[string]bool     // path -> is a directory
	facts     map[string][]string // path -> rules
	whiteouts []string
	opaques   []string
}

func drawLayer(t *rapid.T) stackedLayer {
	name := rapid.SampledFrom([]string{"a", "b", "c"})
	anyPath := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(name, 1, 4).Draw(t, "elements"), "/")
	})
	l := stackedLayer{nodes: map[string]bool{}, facts: map[string][]string{}}
	for _, p := range rapid.SliceOfN(anyPath, 0, 5).Draw(t, "paths") {
		l.add(p, rapid.Bool().Draw(t, "dir"))
	}
	for _, p := range slices.Sorted(maps.Keys(l.nodes)) {
		rules := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"r", "s"}), 0, 2, rapid.ID).Draw(t, "rules")
		if len(rules) > 0 {
			l.facts[p] = rules
		}
	}
	l.whiteouts = rapid.SliceOfN(anyPath, 0, 2).Draw(t, "whiteouts")
	l.opaques = rapid.SliceOfN(rapid.OneOf(anyPath, rapid.Just("")), 0, 1).Draw(t, "opaques")
	return l
}

// add adds a node and its parents to the tree, unless that would turn a file
// into a directory or a directory into a file.
func (l *stackedLayer) add(p string, dir bool) {
	for q := path.Dir(p); q != "."; q = path.Dir(q) {
		if isDir, ok := l.nodes[q]; ok && !isDir {
			return
		}
	}
	if _, ok := l.nodes[p]; ok {
		return
	}
	l.nodes[p] = dir
	for q := path.Dir(p); q != "."; q = path.Dir(q) {
		l.nodes[q] = true
	}
}

func (l *stackedLayer) report(t *rapid.T, id string) *landwaiter.LayerReport {
	var files []imagetest.File
	r := &landwaiter.LayerReport{DiffID: id}
	for _, p := range slices.Sorted(maps.Keys(l.nodes)) {
		if l.nodes[p] {
			files = append(files, imagetest.Dir(p))
		} else {
			files = append(files, imagetest.Text(p, ""))
		}
		for _, rule := range l.facts[p] {
			r.Risks = append(r.Risks, landwaiter.Risk{Path: p, Rule: rule})
		}
	}
	for _, p := range l.whiteouts {
		files = append(files, imagetest.Whiteout(p))
	}
	for _, p := range l.opaques {
		files = append(files, imagetest.Opaque(p))
	}
	// The order within a layer does not matter to runtimes, nor to the index.
	r.Index = indexOf(t, rapid.Permutation(files).Draw(t, "order"))
	return r
}

// model is a file system into which layers are unpacked, one node at a time.
type model struct {
	nodes  map[string]bool              // path -> is a directory
	facts  map[string]map[string]string // path -> rule -> layer that introduced it
	hidden []string
}

func (m *model) remove(under string, itself bool) {
	for p := range m.nodes {
		if (itself && p == under) || under == "" || strings.HasPrefix(p, under+"/") {
			delete(m.nodes, p)
			delete(m.facts, p)
		}
	}
}

func (m *model) apply(id string, l stackedLayer) {
	before := maps.Clone(m.facts)
	for _, p := range l.whiteouts {
		m.remove(p, true)
	}
	for _, p := range l.opaques {
		m.remove(p, false)
	}
	for p, dir := range l.nodes {
		if !dir || !m.nodes[p] {
			m.remove(p, true)
		}
	}
	for p, dir := range l.nodes {
		m.nodes[p] = dir
		delete(m.facts, p)
		for _, rule := range l.facts[p] {
			if m.facts[p] == nil {
				m.facts[p] = map[string]string{}
			}
			m.facts[p][rule] = id
			if origin, ok := before[p][rule]; ok {
				m.facts[p][rule] = origin
			}
		}
	}
	for p, rules := range before {
		for rule, origin := range rules {
			if now, ok := m.facts[p][rule]; !ok || now != origin {
				m.hidden = append(m.hidden, p+" "+rule+" "+origin)
			}
		}
	}
}

func (m *model) present() []string {
	var out []string
	for p, rules := range m.facts {
		for rule, origin := range rules {
			out = append(out, p+" "+rule+" "+origin)
		}
	}
	return out
}

// TestMergeAgreesWithUnpacking checks for random stacks of layers that merging
// by path hashes gives the same result as unpacking.
func TestMergeAgreesWithUnpacking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{nodes: map[string]bool{}, facts: map[string]map[string]string{}}
		var reports []*landwaiter.LayerReport
		for i := range rapid.IntRange(1, 6).Draw(t, "layers") {
			id := fmt.Sprint(i)
			l := drawLayer(t)
			m.apply(id, l)
			// Layers that change nothing, up to more than fit one word of a bit set.
			for range rapid.SampledFrom([]int{0, 0, 1, 63, 64, 130}).Draw(t, "empty") {
				reports = append(reports, &landwaiter.LayerReport{DiffID: "empty"})
			}
			reports = append(reports, l.report(t, id))
		}
		got := map[landwaiter.FindingState][]string{}
		for _, r := range merged(t, reports).Risks {
			got[r.State] = append(got[r.State], r.Path+" "+r.Rule+" "+r.Layer)
		}
		for state, want := range map[landwaiter.FindingState][]string{landwaiter.Present: m.present(),
			landwaiter.Hidden: m.hidden} {
			slices.Sort(want)
			slices.Sort(got[state])
			if d := cmp.Diff(want, got[state]); d != "" {
				t.Fatalf("%s (-unpacked +merged):\n%s", state, d)
			}
		}
	})
}
