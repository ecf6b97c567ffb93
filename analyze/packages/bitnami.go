package packages

import (
	"github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter"
)

// readBitnami reads the SPDX document that Bitnami puts beside each component
// of its images (/opt/bitnami/nginx/.spdx-nginx.spdx): JSON, in spite of its
// name. Only packages of Bitnami count; the modules that it lists beside them are
// found where they lie.
func readBitnami(f *File) ([]landwaiter.Package, error) {
	var document struct {
		Packages []struct {
			Refs []struct {
				Type    string `json:"referenceType"`
				Locator string `json:"referenceLocator"`
			} `json:"externalRefs"`
		} `json:"packages"`
	}
	if err := decodeJSON(f, &document); err != nil {
		return nil, err
	}
	var pkgs []landwaiter.Package
	for _, p := range document.Packages {
		for _, ref := range p.Refs {
			if ref.Type != "purl" {
				continue
			}
			if u, err := packageurl.FromString(ref.Locator); err == nil && u.Type == "bitnami" {
				pkgs = append(pkgs, onePackage("bitnami", u.Name, u.Version, f)...)
			}
		}
	}
	return pkgs, nil
}
