package sbom

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/match"
)

// builder collects the content of a document while it is read.
type builder struct {
	bomFormat, specVersion, spdxVersion string
	wrapped                             int

	doc     Document
	systems []landwaiter.OSRelease // distinct
	distros []landwaiter.OSRelease // of each package, from its package URL
}

// add adds an entry of either format.
func (b *builder) add(e *entry) error {
	switch e.kind {
	case kindSystem:
		if s := e.system(); !slices.Contains(b.systems, s) && len(b.systems) < maxFacts {
			b.systems = append(b.systems, s)
		}
		return nil
	case kindImage:
		e.describe(&b.doc.Image)
		b.doc.Base = e.base(len(b.doc.Image.Layers))
		return nil
	case kindNone:
		return nil
	}
	if b.doc.Listed++; b.doc.Listed > maxPackages {
		return landwaiter.Errorf(landwaiter.TooLarge, "the SBOM has more than %d packages", maxPackages)
	}
	pkg, os, reason := e.pkg()
	if reason != "" {
		b.skip(reason, e.name)
		return nil
	}
	b.doc.Packages = append(b.doc.Packages, pkg)
	b.distros = append(b.distros, os)
	return nil
}

// skip counts a package for which no advisory can be found.
func (b *builder) skip(reason, name string) {
	if b.doc.unused == nil {
		b.doc.unused = map[string]*unused{}
	}
	u := b.doc.unused[reason]
	if u == nil {
		u = &unused{example: name}
		b.doc.unused[reason] = u
	}
	u.count++
}

// document sets the ecosystems of the packages and returns the document. The
// distribution that the document names takes precedence over those in package URLs,
// which say less about it.
func (b *builder) document() (*Document, error) {
	switch {
	case b.bomFormat == "CycloneDX":
		b.doc.Format = "CycloneDX " + b.specVersion
	case strings.HasPrefix(b.spdxVersion, "SPDX-"):
		b.doc.Format = b.spdxVersion
	default:
		return nil, landwaiter.Errorf(landwaiter.Invalid,
			"the JSON is not an SBOM: want CycloneDX (bomFormat) or SPDX 2.3 (spdxVersion)")
	}
	if len(b.systems) == 0 {
		b.systems = distinct(b.distros)
	}
	if len(b.systems) == 1 {
		b.doc.Distro = b.systems[0]
	}
	for i := range b.doc.Packages {
		p := &b.doc.Packages[i].Package
		os := b.doc.Distro
		if os.ID == "" {
			os = b.distros[i]
		}
		if p.Owner != "" && p.Ecosystem == "" && match.Ecosystem(os, "deb") != "" { // apk and rpm would give the same
			continue // judged with its owner, as in an image
		}
		p.Ecosystem = match.Ecosystem(os, p.Type)
		if p.Ecosystem == "" {
			b.skip(withoutAdvisories(*p, os), p.Name)
		}
	}
	return &b.doc, nil
}

func withoutAdvisories(p landwaiter.Package, os landwaiter.OSRelease) string {
	switch {
	case !landwaiter.IsDistribution(p.Type):
		return "of a type without advisories"
	case os.ID == "" || os.Version == "" && os.Codename == "":
		return "of a distribution or release that the SBOM does not name"
	}
	return "of a distribution without advisories"
}

func distinct(list []landwaiter.OSRelease) []landwaiter.OSRelease {
	var out []landwaiter.OSRelease
	for _, os := range list {
		if os.ID != "" && !slices.Contains(out, os) {
			if out = append(out, os); len(out) > 1 {
				break
			}
		}
	}
	return out
}
