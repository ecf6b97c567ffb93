package landwaiter

import (
	"strings"
)

// AdvisoryEcosystems returns the ecosystems under which advisories for packages
// of an ecosystem are filed: its [Stream], and the bare name for records without
// a release. It is empty for "".
//
// Matching and the coverage of what could not be compared both use it, so that a
// report never says that advisories are missing by which it has findings.
func AdvisoryEcosystems(ecosystem string) []string {
	if ecosystem == "" {
		return nil
	}
	stream := Stream(ecosystem)
	base, _, ok := strings.Cut(stream, ":")
	if !ok {
		return []string{stream}
	}
	return []string{stream, base}
}

// FIPSStream is the suffix of the stream of Ubuntu's FIPS archives, whose
// versions cannot be compared with those of the other archives.
const FIPSStream = ":FIPS"

// Stream reduces an ecosystem as published to the part that matters for
// matching: a package and an advisory can match only if their streams are
// equal.
//
//	Debian:12                                   Debian:12
//	Ubuntu:22.04:LTS, Ubuntu:Pro:22.04:LTS      Ubuntu:22.04
//	Ubuntu:Pro:FIPS-updates:22.04:LTS           Ubuntu:22.04:FIPS
//	Red Hat:enterprise_linux:9::appstream       Red Hat:9
//	SUSE:Linux Enterprise Module for X 15 SP6   SUSE:15 SP6
//	SUSE:Linux Micro 6.0                        SUSE:Linux Micro 6.0
//	Packagist:https://packages.drupal.org/8     Packagist
//
// For languages, a suffix names a registry. All registries of a language are
// one stream, because their packages do not share names. Other ecosystems are
// returned unchanged.
func Stream(ecosystem string) string {
	base, suffix, ok := strings.Cut(ecosystem, ":")
	if !ok {
		return ecosystem
	}
	switch base {
	case "Ubuntu":
		return ubuntuStream(ecosystem, suffix)
	case "Red Hat":
		return redHatStream(ecosystem, suffix)
	case "SUSE":
		return suseStream(ecosystem, suffix)
	case "Packagist", "Maven", "npm", "PyPI", "NuGet", "RubyGems", "Go", "crates.io":
		return base
	}
	return ecosystem
}

func ubuntuStream(ecosystem, suffix string) string {
	release, fips := "", ""
	for part := range strings.SplitSeq(suffix, ":") {
		switch {
		case part == "Pro" || part == "LTS":
		case strings.HasPrefix(part, "FIPS"):
			fips = FIPSStream
		case part != "" && part[0] >= '0' && part[0] <= '9':
			release = part
		default:
			return ecosystem // Realtime and the like have their own kernels
		}
	}
	return "Ubuntu:" + release + fips
}

// redHatStream parses the end of a CPE, "product:version:update:repository".
// Products other than the main line (rhel_eus, openshift) are separate streams.
func redHatStream(ecosystem, suffix string) string {
	product, rest, _ := strings.Cut(suffix, ":")
	if product != "enterprise_linux" {
		return ecosystem
	}
	version, _, _ := strings.Cut(rest, ":")
	major, _, _ := strings.Cut(version, ".")
	return "Red Hat:" + major
}

// suseStream removes the product's name: all modules of a service pack and its
// long-term variants share one set of package versions.
func suseStream(ecosystem, suffix string) string {
	rest, ok := strings.CutPrefix(suffix, "Linux Enterprise ")
	if !ok {
		return ecosystem
	}
	version := rest
	for _, mark := range []string{"-LTSS", "-ESPOS", "-TERADATA", "-CLIENT"} {
		version, _, _ = strings.Cut(version, mark)
	}
	fields := strings.Fields(version)
	if len(fields) < 2 {
		return ecosystem
	}
	last, before := fields[len(fields)-1], fields[len(fields)-2]
	switch {
	case strings.HasPrefix(rest, "Micro"):
		return "SUSE:Micro " + last
	case strings.HasPrefix(last, "SP"):
		return "SUSE:" + before + " " + last
	}
	return "SUSE:" + last
}
