package packages

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/google/osv-scalibr/extractor/filesystem"
	"github.com/google/osv-scalibr/extractor/filesystem/language/golang/gobinary"
	"github.com/google/osv-scalibr/extractor/filesystem/language/rust/cargoauditable"

	"github.com/landwaiter/landwaiter"
)

// Every Go binary holds the first string (buildInfoMagic of debug/buildinfo),
// every binary made by cargo auditable has a section of the second name. To
// look for them is a hundred times cheaper than to parse each ELF file twice.
var markers = []struct {
	text      []byte
	extractor string
}{
	{[]byte("\xff Go buildinf:"), gobinary.Name},
	{[]byte(".dep-v0"), cargoauditable.Name},
}

// windows are the buffers that executables are searched in; markerOverlap bytes
// of each are seen again, so that a marker across an edge is found.
var windows = sync.Pool{New: func() any { return new([256 << 10]byte) }}

const markerOverlap = 16

// extractExecutable runs the extractors whose marker the file holds.
func (s *Set) extractExecutable(ctx context.Context, f *File) ([]landwaiter.Package, error) {
	found, err := findMarkers(f)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	var extractors []filesystem.Extractor
	for _, e := range s.extractors[Executable] {
		if found[e.Name()] {
			extractors = append(extractors, e)
		}
	}
	return s.run(ctx, extractors, f)
}

func findMarkers(f *File) (map[string]bool, error) {
	window := windows.Get().(*[256 << 10]byte)
	defer windows.Put(window)
	var found map[string]bool
	for offset := int64(0); offset < f.Size; offset += int64(len(window) - markerOverlap) {
		n, err := f.Data.ReadAt(window[:min(int64(len(window)), f.Size-offset)], offset)
		if err != nil && err != io.EOF {
			return nil, err
		}
		for _, m := range markers {
			if !found[m.extractor] && bytes.Contains(window[:n], m.text) {
				if found == nil {
					found = map[string]bool{}
				}
				found[m.extractor] = true
			}
		}
	}
	return found, nil
}
