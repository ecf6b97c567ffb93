package packages

import (
	"context"
	"encoding/json"
	"io"

	"github.com/landwaiter/landwaiter"
)

// extractNPM reads a package.json. The extractor is strict about fields that
// npm itself reads loosely (contributors given as one string), so when it fails
// the two fields that matter are read alone.
func (s *Set) extractNPM(ctx context.Context, f *File) ([]landwaiter.Package, error) {
	pkgs, err := s.run(ctx, s.extractors[NPMPackage], f)
	if err == nil {
		return pkgs, nil
	}
	// Field types are loose on purpose: a number as a version is no package.
	var manifest struct {
		Name        any `json:"name"`
		Version     any `json:"version"`
		Contributes any `json:"contributes"` // a Visual Studio Code extension
		Unity       any `json:"unity"`       // a Unity package
	}
	if json.NewDecoder(io.NewSectionReader(f.Data, 0, f.Size)).Decode(&manifest) != nil {
		return nil, err
	}
	name, _ := manifest.Name.(string)
	version, _ := manifest.Version.(string)
	if manifest.Contributes != nil || manifest.Unity != nil || !plausible(name) || !plausible(version) {
		return nil, nil
	}
	return []landwaiter.Package{{Type: "npm", Ecosystem: "npm", Name: name, Version: version, Path: f.Path}}, nil
}
