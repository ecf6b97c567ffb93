package match

import (
	"strings"

	"github.com/landwaiter/landwaiter"
)

// languages maps package URL types to OSV ecosystems.
var languages = map[string]string{
	"npm": "npm", "pypi": "PyPI", "golang": "Go", "maven": "Maven", "gem": "RubyGems",
	"cargo": "crates.io", "composer": "Packagist", "nuget": "NuGet", "hex": "Hex",
	"pub": "Pub", "cran": "CRAN", "hackage": "Hackage", "julia": "Julia",
	"swift": "SwiftURL", "conan": "ConanCenter", "bitnami": "Bitnami",
	"githubactions": "GitHub Actions", "bioconductor": "Bioconductor", "opam": "opam",
	"vscode-extension": "VSCode",
}

// unversioned maps the IDs of distributions without releases to OSV
// ecosystems; "" where OSV has none.
var unversioned = map[string]string{
	"wolfi": "Wolfi", "chainguard": "Chainguard", "minimos": "MinimOS", "echo": "Echo",
	"opensuse-tumbleweed": "openSUSE:Tumbleweed", "opensuse-microos": "openSUSE:Tumbleweed", "arch": "",
	"cleanstart": "CleanStart",
}

// debianCodenames maps codenames to releases of Debian. Until a release is out,
// its os-release file has a codename and no VERSION_ID.
var debianCodenames = map[string]string{
	"buster": "10", "bullseye": "11", "bookworm": "12", "trixie": "13", "forky": "14", "duke": "15",
}

// Ecosystem returns the OSV ecosystem of packages of a package URL type on a
// distribution: "Debian:12", "Alpine:v3.11", "npm". It is empty when OSV has
// no advisories for the distribution (Amazon Linux, Oracle Linux, Fedora) or
// the distribution is unknown.
//
// Red Hat's suffix is part of a CPE. Of it, an image only reveals
// "enterprise_linux:9"; CentOS and UBI images have the same.
func Ecosystem(os landwaiter.OSRelease, purlType string) string {
	if landwaiter.IsDistribution(purlType) {
		return distribution(os)
	}
	return languages[purlType]
}

func distribution(os landwaiter.OSRelease) string {
	id := strings.ToLower(os.ID)
	if e, ok := unversioned[id]; ok {
		return e
	}
	if id == "debian" || id == "raspbian" {
		return debian(os)
	}
	if os.Version == "" {
		return ""
	}
	major, _, _ := strings.Cut(os.Version, ".")
	switch id {
	case "ubuntu":
		return ubuntu(os.Version)
	case "alpine":
		return alpine(os.Version)
	case "alpaquita":
		return "Alpaquita:" + major
	case "bellsoft-hardened-containers":
		return "BellSoft Hardened Containers:" + major
	case "almalinux":
		return "AlmaLinux:" + major
	case "rocky":
		return "Rocky Linux:" + major
	case "rhel", "redhat", "centos":
		return "Red Hat:enterprise_linux:" + major
	case "photon":
		return "Photon OS:" + firstTwo(os.Version)
	case "azurelinux", "mariner":
		return "Azure Linux:" + major
	case "mageia":
		return "Mageia:" + major
	case "openeuler":
		return openEuler(os)
	}
	return suse(id, os.Version)
}

func debian(os landwaiter.OSRelease) string {
	major, _, _ := strings.Cut(os.Version, ".")
	if major == "" {
		major = debianCodenames[os.Codename]
	}
	if major == "" {
		return ""
	}
	return "Debian:" + major
}

// ubuntu marks long-term releases as OSV does: those of April in even years.
func ubuntu(version string) string {
	version = firstTwo(version)
	year, month, _ := strings.Cut(version, ".")
	if month == "04" && year != "" && (year[len(year)-1]-'0')%2 == 0 {
		return "Ubuntu:" + version + ":LTS"
	}
	return "Ubuntu:" + version
}

// alpine distinguishes releases ("3.11.5") from edge ("3.24_alpha20260101").
func alpine(version string) string {
	if strings.Contains(version, "_alpha") || version == "edge" {
		return "Alpine:edge"
	}
	return "Alpine:v" + firstTwo(version)
}

// openEuler takes the service pack, which VERSION_ID lacks, from the pretty
// name: "openEuler 24.03 (LTS-SP1)".
func openEuler(os landwaiter.OSRelease) string {
	_, pack, ok := strings.Cut(os.Name, "(")
	if !ok {
		return "openEuler:" + os.Version
	}
	return "openEuler:" + os.Version + "-" + strings.TrimSuffix(pack, ")")
}

func suse(id, version string) string {
	switch id {
	case "opensuse-leap-micro":
		return "openSUSE:Leap Micro " + firstTwo(version)
	case "opensuse-leap", "opensuse":
		return "openSUSE:Leap " + firstTwo(version)
	case "sle-micro", "sl-micro", "suse-microos":
		if major, _, _ := strings.Cut(version, "."); len(major) == 1 && major >= "6" {
			return "SUSE:Linux Micro " + version
		}
		return "SUSE:Linux Enterprise Micro " + version
	case "sles", "sles_sap", "sled", "sle_hpc":
		major, pack, _ := strings.Cut(version, ".")
		if major >= "16" {
			return "SUSE:Linux Enterprise Server " + version
		}
		if pack != "" && pack != "0" {
			major += " SP" + pack
		}
		return "SUSE:Linux Enterprise Server " + major
	}
	return ""
}

// firstTwo returns the first two parts of a version: "3.11" for "3.11.5".
func firstTwo(version string) string {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) == 1 {
		return version
	}
	return parts[0] + "." + parts[1]
}
