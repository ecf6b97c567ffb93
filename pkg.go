package landwaiter

// Package is a software package found in an image.
type Package struct {
	// Type is the purl type: deb, apk, rpm, golang, npm, pypi, maven, gem,
	// cargo, composer, nuget, ...
	Type string
	// Ecosystem is the OSV ecosystem: "npm", "PyPI", "Debian:12",
	// "Alpine:v3.11". For distribution packages it is empty in a LayerReport
	// and set when layers are merged, since os-release may lie in another layer.
	Ecosystem string
	Name      string // as OSV spells it for the ecosystem; npm "@scope/name", Maven "group:artifact"
	Version   string // complete, with epoch for deb and rpm ("1:2.3-4")
	Arch      string // "amd64", "x86_64"; "" for language packages

	// SourceName and SourceVersion name the distribution's source package, which
	// its advisories refer to. They equal Name and Version unless the package
	// database names another one, and are empty for language packages.
	SourceName    string
	SourceVersion string

	// Modularity is the RPM module stream ("nodejs:18:..."), else "".
	Modularity string

	Path string // file it was found in, slash-separated, no leading slash
	Dev  bool   // a development-only entry of a lock file
	PURL string // package URL; set when layers are merged

	// Owner is the name of the distribution package that installed Path; "" when
	// none did, and for distribution packages. The advisories for the owner cover
	// an owned package, so it is not matched on its own.
	Owner string `json:",omitempty"`
}

// IsDistribution reports whether packages of a purl type are installed by a
// distribution's package manager, so that the distribution's advisories apply.
func IsDistribution(purlType string) bool {
	return purlType == "deb" || purlType == "apk" || purlType == "rpm"
}

// ImagePackage is a package as it appears in a whole image.
type ImagePackage struct {
	Package
	Layer string // diffID of the layer that introduced it
}

// PackageKey is a name by which advisories are looked up for a package. Package
// match computes the keys of both.
type PackageKey struct {
	Ecosystem string // with the release, as in "Debian:12", or without
	Name      string // as the ecosystem compares names
}
