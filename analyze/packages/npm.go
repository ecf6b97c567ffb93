package packages

import (
	"context"
	"encoding/json"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// npmManifest is what we read of a package.json ourselves. Field types are loose
// on purpose: a number as a version is no package.
type npmManifest struct {
	Name        any `json:"name"`
	Version     any `json:"version"`
	Publisher   any `json:"publisher"`
	Engines     any `json:"engines"`
	Contributes any `json:"contributes"` // a Visual Studio Code extension
	Unity       any `json:"unity"`       // a Unity package
}

// readNPM reads a package.json. The extractor is strict about fields that
// npm itself reads loosely (contributors given as one string), so when it fails
// the two fields that matter are read alone. It passes over extensions of Visual
// Studio Code, which have their own advisories.
func readNPM(ctx context.Context, in input) ([]landwaiter.Package, error) {
	f := in.File
	pkgs, err := extract(ctx, in.extractors, f)
	if len(pkgs) > 0 {
		return pkgs, nil
	}
	var m npmManifest
	if json.NewDecoder(io.NewSectionReader(f.Data, 0, f.Size)).Decode(&m) != nil {
		return nil, err
	}
	name, _ := m.Name.(string)
	version, _ := m.Version.(string)
	if m.isExtension() {
		publisher, _ := m.Publisher.(string)
		if publisher == "" || name == "" || !strings.Contains(f.Path, "extensions/") {
			return nil, nil // the sources of one
		}
		return onePackage("vscode-extension", publisher+"."+name, version, f), nil
	}
	if err == nil || m.Unity != nil {
		return nil, nil
	}
	return onePackage("npm", name, version, f), nil
}

func (m npmManifest) isExtension() bool {
	engines, _ := m.Engines.(map[string]any)
	_, ok := engines["vscode"]
	return ok || m.Contributes != nil
}
