package sbom

import (
	"cmp"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/match"
)

// kind is what an entry of a document describes.
type kind int

const (
	kindPackage kind = iota
	kindSystem
	kindImage
	kindNone // a file, a lock file or the project itself, which is not an installed package
)

// entry is one component of CycloneDX or package of SPDX.
type entry struct {
	kind                       kind
	group, name, version, purl string
	facts                      map[string][]string
}

// fact adds a property or annotation.
func (e *entry) fact(name, value string) {
	if e.facts == nil {
		e.facts = map[string][]string{}
	}
	if known := e.facts[name]; len(known) < maxFacts && (known != nil || len(e.facts) < maxFacts) {
		e.facts[name] = append(known, value)
	}
}

// first returns the value of the first fact that exists.
func (e *entry) first(names ...string) string {
	for _, name := range names {
		for _, v := range e.facts[name] {
			if v != "" {
				return v
			}
		}
	}
	return ""
}

// pkg returns the package of an entry and the distribution that its package URL names,
// or the reason why no advisory can be found for it.
func (e *entry) pkg() (p landwaiter.ImagePackage, os landwaiter.OSRelease, reason string) {
	if e.purl == "" {
		return p, os, "without a package URL"
	}
	u, err := packageurl.FromString(e.purl)
	if err != nil {
		return p, os, "with a package URL that cannot be read"
	}
	q := u.Qualifiers.Map()
	p.Type, p.PURL, p.Arch = u.Type, e.purl, q["arch"]
	p.Name, p.Version = e.spelling(u), e.release(u, q["epoch"])
	if _, own := e.facts[factLayer]; own {
		// Landwaiter's own documents spell names and versions as advisories do.
		p.Name, p.Version = e.name, e.version
	}
	if p.Name == "" || p.Version == "" {
		return p, os, "without a name or version"
	}
	p.Layer = e.first(factLayer, "syft:location:0:layerID", "aquasecurity:trivy:LayerDiffID", "LayerDiffID")
	path := e.first(factPath, "syft:location:0:path", "aquasecurity:trivy:FilePath", factOccurrence)
	p.Path = strings.TrimLeft(path, "/")
	p.Dev = e.first(factDev, "cdx:npm:package:development") == "true"
	p.Owner, p.Origin = e.first(factOwner), e.first(factOrigin)
	if e.first(factAlone) == "true" {
		p.Ecosystem = match.Ecosystem(landwaiter.OSRelease{}, p.Type)
	}
	if landwaiter.IsDistribution(p.Type) {
		p.SourceName, p.SourceVersion = e.source(q, p.Package)
		p.Modularity = q["rpmmod"]
		if p.Modularity == "" {
			p.Modularity = q["modularitylabel"]
		}
		os = distroOf(u.Namespace, q["distro"])
	}
	return p, os, ""
}

// spelling returns the name as OSV spells it. The package URL of a Go module is in
// lower case, so the spelling is taken from the name of the entry.
func (e *entry) spelling(u packageurl.PackageURL) string {
	name := u.Name
	if u.Namespace != "" && !landwaiter.IsDistribution(u.Type) {
		name = u.Namespace + cmp.Or(separators[u.Type], "/") + u.Name
	}
	if u.Type == "pypi" {
		return match.NormalName("PyPI", name)
	}
	for _, own := range []string{e.name, e.group + "/" + e.name} {
		if strings.EqualFold(own, name) {
			return own
		}
	}
	return name
}

// release returns the version as OSV spells it.
func (e *entry) release(u packageurl.PackageURL, epoch string) string {
	version := u.Version
	if version == "" {
		version = e.version
	}
	switch {
	case u.Type == "rpm":
		return withEpoch(epoch, version)
	case u.Type == "golang" && version == "(devel)":
		return ""
	case u.Type == "golang":
		return strings.TrimPrefix(strings.TrimPrefix(version, "v"), "go")
	}
	return version
}

// source returns the source package: from the package URL, from the properties of
// syft or Trivy, or else the name and version of the binary package.
func (e *entry) source(q map[string]string, p landwaiter.Package) (name, version string) {
	epoch, _, _ := strings.Cut(p.Version, ":")
	if epoch == p.Version {
		epoch = ""
	}
	name, version = source(q["upstream"], epoch)
	if name == "" {
		name, version = source(e.first("syft:metadata:sourceRpm"), epoch)
	}
	if name == "" {
		name, version = e.first("syft:metadata:source", "syft:metadata:originPackage"), e.first("syft:metadata:sourceVersion")
	}
	if name == "" {
		name, version = e.trivySource()
	}
	if name == "" {
		name = p.Name
	}
	if version == "" {
		version = p.Version
	}
	return name, version
}

// trivySource returns the source package from the properties of Trivy's CycloneDX,
// which split the version, or the sourceInfo of its SPDX.
func (e *entry) trivySource() (name, version string) {
	const prefix = "aquasecurity:trivy:Src"
	if name = e.first(prefix + "Name"); name != "" {
		version = e.first(prefix + "Version")
		if release := e.first(prefix + "Release"); release != "" {
			version += "-" + release
		}
		return name, withEpoch(e.first(prefix+"Epoch"), version)
	}
	line, _ := strings.CutPrefix(e.first(factSourceInfo), "built package from: ")
	name, version, ok := strings.Cut(line, " ")
	if !ok || strings.Contains(version, " ") {
		return "", ""
	}
	return name, version
}
