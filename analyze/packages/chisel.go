package packages

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/landwaiter/landwaiter"
)

// maxChisel bounds the manifest unpacked. An image cut from all of Ubuntu's
// slices lists 20,000 files in 5 MiB.
const maxChisel = 64 << 20

// readChisel reads the manifest of an image that Canonical's chisel cut from
// Ubuntu's packages: zstd of a JSON object a line, of which those of the kind
// "package" have a name, a version and an architecture
// (https://documentation.ubuntu.com/chisel/en/latest/reference/manifest/). It
// does not name source packages, which advisories of Ubuntu speak of: only
// those binaries match that are called like their source.
func readChisel(f *File) ([]landwaiter.Package, error) {
	z, err := zstd.NewReader(io.NewSectionReader(f.Data, 0, f.Size), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var pkgs []landwaiter.Package
	unpacked := &io.LimitedReader{R: z, N: maxChisel}
	for dec := json.NewDecoder(unpacked); ; {
		var line struct {
			Kind    string `json:"kind"`
			Name    string `json:"name"`
			Version string `json:"version"`
			Arch    string `json:"arch"`
		}
		if err := dec.Decode(&line); errors.Is(err, io.EOF) && unpacked.N > 0 {
			return pkgs, nil
		} else if err != nil {
			return pkgs, fmt.Errorf("manifest of chisel: %w", err)
		}
		if line.Kind == "package" && plausible(line.Name) && plausible(line.Version) && len(line.Arch) <= maxField {
			pkgs = append(pkgs, landwaiter.Package{
				Type: "deb", Name: line.Name, Version: line.Version, Arch: line.Arch,
				SourceName: line.Name, SourceVersion: line.Version, Path: f.Path,
			})
		}
	}
}
