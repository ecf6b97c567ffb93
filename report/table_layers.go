package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/history"
)

// layerLabels returns the labels of layers by diffID: the number, where 1 is the
// bottom layer, and "base" for a layer of the base image.
func layerLabels(r *landwaiter.Report) map[string]string {
	out := make(map[string]string, len(r.Layers))
	for i, l := range r.Layers {
		if out[l.DiffID] != "" { // the lowest wins when a layer repeats
			continue
		}
		out[l.DiffID] = strconv.Itoa(i + 1)
		if i < r.Base.Layers {
			out[l.DiffID] += " base"
		}
	}
	return out
}

// layersOf returns the labels of the layers of a group of risks, each once.
func layersOf(group []landwaiter.Risk, places map[string]string) string {
	var out []string
	for _, k := range group {
		if label := places[k.Layer]; label != "" && !slices.Contains(out, label) {
			out = append(out, label)
		}
	}
	return strings.Join(out, ", ")
}

// layers prints the layers with findings and the build steps that made them: the
// place in the Dockerfile to change. Layers without findings would only be noise.
func (t *table) layers(r *landwaiter.Report, places map[string]string) {
	counts := map[string]int{}
	for _, v := range r.Vulnerabilities {
		counts[v.Layer]++
	}
	for _, m := range r.Malware {
		counts[m.Layer]++
	}
	for _, k := range r.Risks {
		counts[k.Layer]++
	}
	steps := history.Layers(r.Image)
	var rows [][]string
	for _, l := range r.Layers {
		if n := counts[l.DiffID]; n > 0 {
			rows = append(rows, []string{places[l.DiffID], shortID(l.DiffID), strconv.Itoa(n), cmp.Or(steps[l.DiffID], "-")})
			delete(counts, l.DiffID)
		}
	}
	if len(rows) == 0 {
		return
	}
	t.line("")
	t.line("  Layers with findings: %d of %d", len(rows), len(r.Layers))
	t.columns([]string{"LAYER", "DIFF ID", "FINDINGS", "MADE BY"}, rows)
}
