package layer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// TestDeepPathsShareHashes merges a tree of deep paths. Beyond maxHashed
// directories, hashes are computed again: no memory is taken for them, and no
// finding is lost.
func TestDeepPathsShareHashes(t *testing.T) {
	deep := strings.Repeat("/d", 400)
	var report landwaiter.LayerReport
	for i := range 2 * maxHashed / 400 {
		report.Packages = append(report.Packages, landwaiter.Package{Type: "npm", Name: "a", Version: "1",
			Path: fmt.Sprint(i) + deep + "/package.json"})
	}
	last := len(report.Packages) - 1
	gone := landwaiter.PathIndex{pathHash(kindWhiteout, fmt.Sprint(last, "/d/d"))}
	o := newOverlay[landwaiter.Package]()
	o.apply(0, nil, report.Packages, packageFact)
	o.apply(1, gone, nil, packageFact)
	if len(o.hashes) > maxHashed {
		t.Errorf("hashes of %d directories are cached", len(o.hashes))
	}
	if present, hidden := len(o.present()), o.hidden(); present != last || len(hidden) != 1 ||
		hidden[0].value.Path != report.Packages[last].Path {
		t.Errorf("%d present, hidden %v", present, hidden)
	}
}

// TestIndexStaysGiven checks that a returned index does not change when more
// paths are added.
func TestIndexStaysGiven(t *testing.T) {
	var x indexer
	for i := range 100 {
		x.put(kindFile, fmt.Append(nil, i))
	}
	given := x.sorted()
	want := slices.Clone(given)
	for i := range 100 {
		x.put(kindDir, fmt.Append(nil, i))
	}
	if n := len(x.sorted()); n != 200 || !slices.Equal(given, want) {
		t.Errorf("%d hashes; those given before: %t", n, slices.Equal(given, want))
	}
}
