// Package sbom writes the packages of an image as a software bill of materials in
// CycloneDX 1.6 or SPDX 2.3 JSON. It reads both formats, also as written by other
// tools.
//
// A package is identified by its package URL, with the qualifiers that other tools
// understand: arch, distro, epoch, upstream (the source package, as syft and grype
// write it) and rpmmod (the module stream). Facts that a package URL cannot express,
// such as the layer, the path and the image's digests, are named "landwaiter:...".
// They are properties in CycloneDX and annotations in SPDX.
package sbom
