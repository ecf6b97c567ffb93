package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/history"
)

// layerLabels names layers by their number, the lowest is 1, and says which
// are the base image's.
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

// layersOf names the layers of a group of risks, each once.
func layersOf(group []landwaiter.Risk, places map[string]string) string {
	var out []string
	for _, k := range group {
		if label := places[k.Layer]; label != "" && !slices.Contains(out, label) {
			out = append(out, label)
		}
	}
	return strings.Join(out, ", ")
}

// layers lists the layers that have findings, with the steps that made them.
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
