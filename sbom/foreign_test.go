package sbom_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/sbom"
)

func read(t testing.TB, text string) *sbom.Document {
	t.Helper()
	doc, err := sbom.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// wantPackages compares the packages of a document, without their package
// URLs, which are those of the document.
func wantPackages(t *testing.T, doc *sbom.Document, want ...landwaiter.ImagePackage) {
	t.Helper()
	if diff := cmp.Diff(want, doc.Packages, cmpopts.IgnoreFields(landwaiter.Package{}, "PURL"),
		cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// Syft names the source by the package URL, with the system in its
// distro qualifier, and by properties.
var syftCycloneDX = `{
 "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6",
   "version": 1,
 "metadata": {"tools": {"components": [{"type": "application", "author": "anchore", "name": "syft", "version": "1.0"}]},
  "component": {"bom-ref": "1", "type": "container", "name": "shop/web:1", "version": "sha256:` + manifest + `"}},
 "components": [
  {"bom-ref": "2", "type": "library", "publisher": "x", "name": "libssl3", "version": "3.0.11-1~deb12u2",
   "licenses": [{"license": {"id": "Apache-2.0"}}], "cpe": "cpe:2.3:a:libssl3:libssl3:3.0.11:*:*:*:*:*:*:*",
   "purl": "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12&upstream=openssl",
   "properties": [{"name": "syft:package:foundBy", "value": "dpkg-db-cataloger"}, {"name": "syft:location:0:layerID",
   "value": "sha256:` + layerA + `"},
    {"name": "syft:location:0:path", "value": "/var/lib/dpkg/status"}, {"name": "syft:metadata:source",
   "value": "openssl"}]},
  {"bom-ref": "3", "type": "library", "name": "libgcc-s1", "version": "12.2.0-14+b1",
   "purl": "pkg:deb/debian/libgcc-s1@12.2.0-14%2Bb1?arch=amd64&distro=debian-12&upstream=gcc-12%4012.2.0-14"},
  {"bom-ref": "4", "type": "library", "name": "github.com/BurntSushi/toml", "version": "v1.2.3",
   "purl": "pkg:golang/github.com/BurntSushi/toml@v1.2.3"},
  {"bom-ref": "5", "type": "library", "name": "stdlib", "version": "go1.22.1", "purl": "pkg:golang/stdlib@1.22.1"},
  {"bom-ref": "6", "type": "application", "name": "node", "version": "18.0.0", "purl": "pkg:generic/node@18.0.0"},
  {"bom-ref": "7", "type": "library", "group": "@scope", "name": "left", "version": "1.0.0",
   "purl": "pkg:npm/%40scope/left@1.0.0"},
  {"bom-ref": "8", "type": "library", "name": "vendored", "version": "1"},
  {"bom-ref": "9", "type": "file", "name": "/etc/passwd"},
  {"bom-ref": "os", "type": "operating-system", "name": "debian", "version": "12", "swid": {"tagId": "debian",
   "name": "debian", "version": "12"},
   "properties": [{"name": "syft:distro:id", "value": "debian"}, {"name": "syft:distro:versionID", "value": "12"},
    {"name": "syft:distro:prettyName", "value": "Debian GNU/Linux 12 (bookworm)"}]}
 ]}`

var (
	manifest = strings.Repeat("d", 64)
	layerA   = strings.Repeat("a", 64)
)

func TestSyftCycloneDX(t *testing.T) {
	doc := read(t, syftCycloneDX)
	wantPackages(t, doc,
		in("a", "var/lib/dpkg/status", deb("libssl3", "3.0.11-1~deb12u2", "openssl", "3.0.11-1~deb12u2")),
		landwaiter.ImagePackage{Package: deb("libgcc-s1", "12.2.0-14+b1", "gcc-12", "12.2.0-14")},
		landwaiter.ImagePackage{Package: landwaiter.Package{Type: "golang", Ecosystem: "Go",
			Name: "github.com/BurntSushi/toml", Version: "1.2.3"}},
		landwaiter.ImagePackage{Package: landwaiter.Package{Type: "golang", Ecosystem: "Go", Name: "stdlib",
			Version: "1.22.1"}},
		landwaiter.ImagePackage{Package: landwaiter.Package{Type: "generic", Name: "node", Version: "18.0.0"}},
		landwaiter.ImagePackage{Package: landwaiter.Package{Type: "npm", Ecosystem: "npm", Name: "@scope/left",
			Version: "1.0.0"}},
	)
	want := "2 of 7 packages could not be compared with advisories: " +
		"1 of a type without advisories (such as \"node\"), 1 without a package URL (such as \"vendored\")"
	if got := doc.Unused(); got != want {
		t.Errorf("unused: %s", got)
	}
	if doc.Format != "CycloneDX 1.6" || doc.Image.ManifestDigest != "sha256:"+manifest || doc.Image.ID != "" ||
		doc.Image.Names[0] != "shop/web:1" {
		t.Errorf("%s of %+v", doc.Format, doc.Image)
	}
	if diff := cmp.Diff(landwaiter.OSRelease{ID: "debian", Version: "12", Name: "Debian GNU/Linux 12 (bookworm)"},
		doc.Distro); diff != "" {
		t.Error(diff)
	}
}

// Syft's SPDX has no system beside that of the package URLs.
func TestSyftSPDX(t *testing.T) {
	doc := read(t, `{"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "web",
	 "packages": [
	  {"name": "bash", "SPDXID": "SPDXRef-1", "versionInfo": "5.1.8-6.el9", "downloadLocation": "NOASSERTION",
	   "filesAnalyzed": false,
	   "sourceInfo": "acquired package info from RPM DB: /var/lib/rpm/rpmdb.sqlite", "licenseConcluded": "NOASSERTION",
	   "externalRefs": [{"referenceCategory": "SECURITY", "referenceType": "cpe23Type",
	    "referenceLocator": "cpe:2.3:a:x:bash:5:*:*:*:*:*:*:*"},
	    {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
	     "referenceLocator": "pkg:rpm/rhel/bash@5.1.8-6.el9?arch=x86_64&distro=rhel-9.4&epoch=2`+
		`&upstream=bash-src-5.1.8-6.el9.src.rpm"}]},
	  {"name": "web", "SPDXID": "SPDXRef-root", "versionInfo": "sha256:`+manifest+`", "primaryPackagePurpose": "CONTAINER",
	   "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
	    "referenceLocator": "pkg:oci/web@sha256:`+manifest+`?arch=amd64"}]}
	 ],
	 "files": [{"fileName": "x", "SPDXID": "SPDXRef-f"}], "relationships": []}`)
	wantPackages(t, doc, landwaiter.ImagePackage{Package: landwaiter.Package{
		Type: "rpm", Ecosystem: "Red Hat:enterprise_linux:9", Name: "bash", Version: "2:5.1.8-6.el9", Arch: "x86_64",
		SourceName: "bash-src", SourceVersion: "2:5.1.8-6.el9", Path: "var/lib/rpm/rpmdb.sqlite",
	}})
	if doc.Distro.String() != "rhel:9.4" || doc.Image.ManifestDigest != "sha256:"+manifest || doc.Unused() != "" {
		t.Errorf("%v %+v %s", doc.Distro, doc.Image, doc.Unused())
	}
}

// Trivy splits the version of the source over properties, and lists the image
// by its properties.
func TestTrivyCycloneDX(t *testing.T) {
	doc := read(t, `{"bomFormat": "CycloneDX", "specVersion": "1.6",
	 "metadata": {"component": {"type": "container", "name": "web.tar", "purl": "pkg:oci/web", "properties": [
	  {"name": "aquasecurity:trivy:ImageID", "value": "`+digest("c")+`"}, {"name": "aquasecurity:trivy:RepoTag",`+
		` "value": "shop/web:1"},
	  {"name": "aquasecurity:trivy:DiffID", "value": "`+digest("a")+`"}, {"name": "aquasecurity:trivy:DiffID",`+
		` "value": "`+digest("b")+`"}]}},
	 "components": [
	  {"type": "operating-system", "name": "alma", "version": "9.3", "properties": [{"name": "aquasecurity:trivy:Class",
	   "value": "os-pkgs"}]},
	  {"type": "application", "name": "app/package-lock.json", "properties": [{"name": "aquasecurity:trivy:Type",
	   "value": "npm"}]},
	  {"type": "library", "name": "openssl-libs", "version": "3.0.7-27.el9",
	   "purl": "pkg:rpm/alma/openssl-libs@3.0.7-27.el9?arch=x86_64&distro=alma-9.3&epoch=1&modularitylabel=m%3A1",
	   "properties": [{"name": "aquasecurity:trivy:LayerDiffID", "value": "`+digest("a")+`"},`+
		` {"name": "aquasecurity:trivy:SrcName", "value": "openssl"},
	    {"name": "aquasecurity:trivy:SrcVersion", "value": "3.0.7"}, {"name": "aquasecurity:trivy:SrcRelease",
	     "value": "27.el9"},
	    {"name": "aquasecurity:trivy:SrcEpoch", "value": "1"}]},
	  {"type": "library", "group": "@scope", "name": "left", "version": "1.0.0", "purl": "pkg:npm/%40scope/left@1.0.0",
	   "properties": [{"name": "aquasecurity:trivy:FilePath", "value": "app/node_modules/left/package.json"}]},
	  {"type": "library", "group": "org.x", "name": "core", "version": "1", "purl": "pkg:maven/org.x/core@1",
	   "components": [{"type": "library", "group": "org.x", "name": "shaded", "version": "2",
	    "purl": "pkg:maven/org.x/shaded@2"}]}
	 ]}`)
	rpm := landwaiter.Package{
		Type: "rpm", Ecosystem: "AlmaLinux:9", Name: "openssl-libs", Version: "1:3.0.7-27.el9", Arch: "x86_64",
		SourceName: "openssl", SourceVersion: "1:3.0.7-27.el9", Modularity: "m:1",
	}
	wantPackages(t, doc,
		in("a", "", rpm),
		landwaiter.ImagePackage{Package: landwaiter.Package{Type: "npm", Ecosystem: "npm", Name: "@scope/left",
			Version: "1.0.0", Path: "app/node_modules/left/package.json"}},
		landwaiter.ImagePackage{Package: landwaiter.Package{Type: "maven", Ecosystem: "Maven", Name: "org.x:shaded",
			Version: "2"}},
		landwaiter.ImagePackage{Package: landwaiter.Package{Type: "maven", Ecosystem: "Maven", Name: "org.x:core",
			Version: "1"}},
	)
	want := landwaiter.Image{ID: digest("c"), Names: []string{"shop/web:1"},
		Layers: []landwaiter.LayerRef{{DiffID: digest("a")}, {DiffID: digest("b")}}}
	if diff := cmp.Diff(want, doc.Image); diff != "" {
		t.Error(diff)
	}
}

func TestTrivySPDX(t *testing.T) {
	doc := read(t, `{"spdxVersion": "SPDX-2.3", "name": "web.tar", "packages": [
	  {"name": "debian", "versionInfo": "12.5", "primaryPackagePurpose": "OPERATING-SYSTEM"},
	  {"name": "libssl3", "versionInfo": "3.0.11-1~deb12u2", "primaryPackagePurpose": "LIBRARY",
	   "sourceInfo": "built package from: openssl 3.0.11-1~deb12u2",
	   "annotations": [{"annotationType": "OTHER", "comment": "LayerDiffID: `+digest("a")+`"}],
	   "externalRefs": [{"referenceCategory": "PACKAGE_MANAGER", "referenceType": "purl",
	    "referenceLocator": "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&distro=debian-12.5"}]},
	  {"name": "web.tar", "primaryPackagePurpose": "CONTAINER", "attributionTexts": ["ImageID: `+digest("c")+`"]}]}`)
	wantPackages(t, doc, in("a", "", deb("libssl3", "3.0.11-1~deb12u2", "openssl", "3.0.11-1~deb12u2")))
	if doc.Image.ID != digest("c") || doc.Distro.String() != "debian:12.5" {
		t.Errorf("%+v %v", doc.Image, doc.Distro)
	}
}

// What a package URL alone says of the system.
func TestSystemOfPackageURL(t *testing.T) {
	for purl, want := range map[string]string{
		"pkg:deb/debian/a@1?distro=debian-12":                      "Debian:12",
		"pkg:deb/debian/a@1?distro=debian-12.5":                    "Debian:12",
		"pkg:deb/debian/a@1?distro=bookworm":                       "Debian:12",
		"pkg:deb/ubuntu/a@1?distro=ubuntu-22.04":                   "Ubuntu:22.04:LTS",
		"pkg:apk/alpine/a@1?distro=3.19.1":                         "Alpine:v3.19",
		"pkg:apk/alpine/a@1?distro=alpine-3.19.1":                  "Alpine:v3.19",
		"pkg:apk/wolfi/a@1":                                        "Wolfi",
		"pkg:rpm/redhat/a@1?distro=redhat-9.4":                     "Red Hat:enterprise_linux:9",
		"pkg:rpm/opensuse/a@1?distro=opensuse-leap-15.6":           "openSUSE:Leap 15.6",
		"pkg:rpm/opensuse/a@1?distro=opensuse-tumbleweed-20260101": "openSUSE:Tumbleweed",
		"pkg:rpm/suse/a@1?distro=sles-15.6":                        "SUSE:Linux Enterprise Server 15 SP6",
		"pkg:rpm/amazon/a@1?distro=amazon-2023":                    "",
		"pkg:deb/debian/a@1":                                       "",
		"pkg:deb/a@1":                                              "",
	} {
		doc := read(t, `{"bomFormat":"CycloneDX","components":[{"type":"library","name":"a","version":"1",`+
			`"purl":"`+purl+`"}]}`)
		if got := doc.Packages[0].Ecosystem; got != want {
			t.Errorf("%s: %q, want %q", purl, got, want)
		}
		if (doc.Unused() == "") != (want != "") {
			t.Errorf("%s: unused: %q", purl, doc.Unused())
		}
	}
}

// A document that joins two systems judges each package by its own.
func TestTwoSystems(t *testing.T) {
	doc := read(t, `{"bomFormat":"CycloneDX","components":[
	 {"type":"operating-system","name":"debian","version":"12"},
	  {"type":"operating-system","name":"alpine","version":"3.19"},
	 {"type":"library","name":"a","version":"1","purl":"pkg:deb/debian/a@1?distro=debian-12"},
	 {"type":"library","name":"b","version":"1","purl":"pkg:apk/alpine/b@1?distro=alpine-3.19.1"}]}`)
	if doc.Distro.ID != "" || doc.Packages[0].Ecosystem != "Debian:12" || doc.Packages[1].Ecosystem != "Alpine:v3.19" {
		t.Errorf("%v %+v", doc.Distro, doc.Packages)
	}
}
