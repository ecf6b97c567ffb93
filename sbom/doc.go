// Package sbom writes the packages of an image as a software bill of
// materials, CycloneDX 1.6 or SPDX 2.3 in JSON, and reads both back, its own
// and those of other tools.
//
// A package is said by its package URL first, with the qualifiers that others
// understand: arch, distro, epoch, upstream (the source package, as syft and
// grype write it) and rpmmod (the module stream). What no package URL says
// (the layer, the path, the image's digests) are facts named "landwaiter:...":
// properties in CycloneDX, annotations in SPDX.
package sbom
