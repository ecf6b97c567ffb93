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

	// SourceName and SourceVersion name the distribution's source package,
	// which its advisories speak of. Equal to Name and Version when the
	// package database says nothing else; empty for language packages, and in a
	// LayerReport where the database never names sources.
	SourceName    string
	SourceVersion string

	// Modularity is the RPM module stream ("nodejs:18:..."), else "".
	Modularity string

	Path string // file it was found in, slash-separated, no leading slash
	Dev  bool   // a development-only entry of a lock file
	PURL string // package URL; set when layers are merged

	// Owner names the distribution package that installed Path; "" when none
	// did, and for distribution packages. An owned package is judged by the
	// distribution's advisories, with its owner, if the owner is one of the
	// distribution's own packages.
	Owner string `json:",omitempty"`

	// Vendor is who built a distribution package, as its database says it: the
	// Maintainer of dpkg and apk, the Vendor of RPM; "" when it says nothing,
	// and for language packages. It is not stored with the package version.
	Vendor string `json:",omitempty"`

	// Origin is where the package comes from when that is not the public
	// registry of its ecosystem: one of the Origin constants; "" for the
	// registry, and when nothing says otherwise. For an RPM of Red Hat it lists
	// the products besides RHEL whose repositories the image uses, as the ends
	// of CPEs with spaces between them ("openshift:4.12::el8").
	Origin string `json:",omitempty"`
}

// Where a language package comes from, if it is not the public registry. What
// was published there under the same name is another package: a record of a
// malicious package does not apply.
const (
	OriginProject = "project" // the application itself, or a member of its workspace
	OriginLocal   = "local"   // a directory or an archive on disk
	OriginGit     = "git"     // a repository
	OriginURL     = "url"     // an archive from elsewhere
	OriginPrivate = "private" // another registry
)

// TypeContentSet is the Type of what a LayerReport lists as a package and is none:
// a repository that an image of Red Hat names, in Name. A scan replaces them by the
// Origin of RPMs.
const TypeContentSet = "content-set"

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
