package layer

import (
	"fmt"
	"slices"
	"testing"
)

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
