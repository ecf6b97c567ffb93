package packages

import (
	"bytes"
	"context"

	"github.com/google/osv-scalibr/extractor/filesystem"
	"github.com/google/osv-scalibr/extractor/filesystem/language/golang/gobinary"
	"github.com/google/osv-scalibr/extractor/filesystem/language/rust/cargoauditable"

	"github.com/landwaiter/landwaiter"
)

// Every Go binary holds the first string (the end of buildInfoMagic of
// debug/buildinfo), every binary made by cargo auditable has a section of the
// second name. To look for them is a hundred times cheaper than to parse each
// ELF file twice. The magic's own first byte, 0xff, is in every second
// instruction and would stop the search all the time.
var markers = []struct {
	text      []byte
	extractor string
}{
	{[]byte("buildinf:"), gobinary.Name},
	{[]byte(".dep-v0"), cargoauditable.Name},
}

// markerOverlap is at least the length of each marker.
const markerOverlap = 16

// readExecutable runs the extractors whose marker the file holds.
func readExecutable(ctx context.Context, in input) ([]landwaiter.Package, error) {
	found, err := findMarkers(in.File)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var extractors []filesystem.Extractor
	for _, e := range in.extractors {
		if found[e.Name()] {
			extractors = append(extractors, e)
		}
	}
	return extract(ctx, extractors, in.File)
}

// findMarkers returns the names of the extractors whose marker is in the file.
func findMarkers(f *File) (map[string]bool, error) {
	var found map[string]bool
	err := f.search(markerOverlap, func(part []byte) error {
		for _, m := range markers {
			if !found[m.extractor] && bytes.Contains(part, m.text) {
				if found == nil {
					found = map[string]bool{}
				}
				found[m.extractor] = true
			}
		}
		return nil
	})
	return found, err
}
