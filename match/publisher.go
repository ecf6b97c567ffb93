package match

import "strings"

// publishers maps prefixes of record IDs to their publishers. The prefixes are
// those that the OSV schema lists
// (https://ossf.github.io/osv-schema/#id-modified-fields).
var publishers = []struct{ prefix, name string }{
	{"DEBIAN-CVE-", "Debian security tracker"}, {"DSA-", "Debian security advisories"},
	{"DLA-", "Debian LTS advisories"},
	{"UBUNTU-CVE-", "Ubuntu CVE tracker"}, {"USN-", "Ubuntu security notices"},
	{"ALPINE-CVE-", "Alpine security database"},
	{"ALSA-", "AlmaLinux errata"}, {"ALBA-", "AlmaLinux errata"}, {"ALEA-", "AlmaLinux errata"},
	{"RHSA-", "Red Hat errata"}, {"RHBA-", "Red Hat errata"}, {"RHEA-", "Red Hat errata"},
	{"RLSA-", "Rocky Linux errata"},
	{"RXSA-", "Rocky Linux errata"}, {"SUSE-", "SUSE updates"}, {"openSUSE-", "openSUSE updates"},
	{"MGASA-", "Mageia advisories"},
	{"OESA-", "openEuler advisories"}, {"AZL-", "Azure Linux vulnerability data"}, {"PHOTON-", "Photon OS advisories"},
	{"GHSA-", "GitHub Advisory Database"}, {"GO-", "Go vulnerability database"},
	{"PYSEC-", "Python Packaging Advisory Database"},
	{"RUSTSEC-", "RustSec Advisory Database"}, {"RSEC-", "R Consortium advisory database"},
	{"HSEC-", "Haskell Security Advisory Database"},
	{"JLSEC-", "Julia security advisories"}, {"EEF-", "Erlang Ecosystem Foundation"},
	{"BIT-", "Bitnami vulnerability database"},
	{"DRUPAL-", "Drupal advisories"}, {"PSF-", "Python Software Foundation"}, {"CURL-", "curl"}, {"OSV-", "OSS-Fuzz"},
	{"MAL-", "OpenSSF malicious packages"}, {"CGA-", "Chainguard advisories"}, {"CVE-", "CVE list"},
}

// publisher returns the name of a record's publisher, "" when the prefix of
// the ID is unknown.
func publisher(id string) string {
	for _, p := range publishers {
		if strings.HasPrefix(id, p.prefix) {
			return p.name
		}
	}
	return ""
}

// orderNames names the version orders of ecosystems. Those of other ecosystems
// are SemVer, or close to it.
var orderNames = map[string]string{
	"Debian": "dpkg", "Ubuntu": "dpkg", "Alpine": "apk", "Alpaquita": "apk", "BellSoft Hardened Containers": "apk",
	"Chainguard": "apk",
	"MinimOS":    "apk", "Wolfi": "apk", "Red Hat": "RPM", "AlmaLinux": "RPM", "Rocky Linux": "RPM", "SUSE": "RPM",
	"openSUSE": "RPM",
	"Mageia":   "RPM", "openEuler": "RPM", "PyPI": "PEP 440", "Maven": "Maven", "RubyGems": "RubyGems",
	"NuGet":     "NuGet",
	"Packagist": "Composer", "CRAN": "R", "Hackage": "Haskell PVP", "Pub": "Dart",
}

// orderName returns the name of the order by which versions of the ecosystem
// are compared.
func orderName(ecosystem string) string {
	v := version{}
	v.base, _, _ = strings.Cut(ecosystem, ":")
	if name, ok := orderNames[v.order()]; ok {
		return name
	}
	return "SemVer"
}
