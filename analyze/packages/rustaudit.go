package packages

import (
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/packages/objfile"
)

const (
	rustSection = ".dep-v0"
	// maxRustPacked and maxRust bound the list of crates, packed and not. The
	// one of a program of 1,000 crates has 60 KiB, packed 15.
	maxRustPacked = 4 << 20
	maxRust       = 8 << 20
)

// readRustAudit reads what cargo auditable put into a program: a section of JSON
// that is packed by zlib
// (https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md).
// What was only needed to build it is left out.
func readRustAudit(ctx context.Context, f *File, images []*objfile.Image) ([]landwaiter.Package, error) {
	var gathered found
	var err error
	for _, image := range images {
		if image.SectionsErr != nil {
			err = fmt.Errorf("the list of crates, if there is one: %w", image.SectionsErr)
		}
		for _, s := range image.Sections {
			if s.Name != rustSection {
				continue
			}
			if err := ctx.Err(); err != nil {
				return gathered.result(err)
			}
			if err := gathered.crates(f, s); err != nil {
				gathered.spoiled("the list of crates: %w", err)
			}
		}
	}
	return gathered.result(err)
}

// crateOrigins are the sources that are not crates.io.
var crateOrigins = map[string]string{
	"local": landwaiter.OriginProject, "git": landwaiter.OriginGit, "registry": landwaiter.OriginPrivate,
}

var errRustSize = errors.New("larger than a list can be; it was not read")

func (g *found) crates(f *File, s objfile.Section) error {
	if s.Size > maxRustPacked {
		return errRustSize
	}
	z, err := zlib.NewReader(io.NewSectionReader(f.Data, s.Offset, s.Size))
	if err != nil {
		return err
	}
	defer z.Close()
	text, err := io.ReadAll(io.LimitReader(z, maxRust+1))
	if len(text) > maxRust {
		return errRustSize
	}
	if err != nil {
		return err
	}
	var list struct {
		Packages []struct {
			Name    string `json:"name"`
			Version string `json:"version"`
			Source  string `json:"source"` // "crates.io", "git", "local", "registry"
			Kind    string `json:"kind"`   // "runtime", which is also meant by none, or "build"
		} `json:"packages"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return err
	}
	for _, p := range list.Packages {
		if p.Kind != "" && p.Kind != "runtime" {
			continue
		}
		source := p.Source
		for _, p := range onePackage("cargo", p.Name, p.Version, f) {
			p.Origin = crateOrigins[source]
			if err := g.add(p); err != nil {
				return err
			}
		}
	}
	return nil
}
