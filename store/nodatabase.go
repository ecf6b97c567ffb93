package store

import (
	"fmt"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// databases are the package managers of distributions, by the IDs in os-release:
// what ID_LIKE names counts for a distribution that is not listed.
var databases = map[string]struct{ kind, name string }{
	"debian": {"deb", "dpkg"}, "ubuntu": {"deb", "dpkg"}, "raspbian": {"deb", "dpkg"}, "echo": {"deb", "dpkg"},
	"alpine": {"apk", "apk"}, "wolfi": {"apk", "apk"}, "chainguard": {"apk", "apk"}, "minimos": {"apk", "apk"},
	"alpaquita": {"apk", "apk"}, "bellsoft-hardened-containers": {"apk", "apk"}, "postmarketos": {"apk", "apk"},
	"rhel": {"rpm", "RPM"}, "redhat": {"rpm", "RPM"}, "centos": {"rpm", "RPM"}, "fedora": {"rpm", "RPM"},
	"almalinux": {"rpm", "RPM"}, "rocky": {"rpm", "RPM"}, "ol": {"rpm", "RPM"}, "amzn": {"rpm", "RPM"},
	"azurelinux": {"rpm", "RPM"}, "mariner": {"rpm", "RPM"}, "photon": {"rpm", "RPM"}, "mageia": {"rpm", "RPM"},
	"openeuler": {"rpm", "RPM"}, "sles": {"rpm", "RPM"}, "suse": {"rpm", "RPM"}, "opensuse": {"rpm", "RPM"},
	"opensuse-leap": {"rpm", "RPM"}, "opensuse-tumbleweed": {"rpm", "RPM"}, "sle-micro": {"rpm", "RPM"},
	"sl-micro": {"rpm", "RPM"}, "suse-microos": {"rpm", "RPM"},
	"arch": {"alpm", "pacman"}, "gentoo": {"ebuild", "Portage"}, "nixos": {"nix", "Nix"}, "openwrt": {"opkg", "opkg"},
}

// noDatabase says that an image names its distribution and has no package of it:
// the database was deleted, or left out when the image was made smaller, or lies
// where nobody looks. What the distribution installed is there all the same.
func noDatabase(os landwaiter.OSRelease, pkgs []landwaiter.ImagePackage) []landwaiter.Coverage {
	if os.ID == "" {
		return nil
	}
	known, ok := databases[strings.ToLower(os.ID)]
	for _, like := range strings.Fields(strings.ToLower(os.IDLike)) {
		if !ok {
			known, ok = databases[like]
		}
	}
	has := func(p landwaiter.ImagePackage) bool {
		if ok {
			return p.Type == known.kind
		}
		return slices.ContainsFunc([]string{"deb", "apk", "rpm", "opkg", "alpm", "ebuild", "nix", "guix", "conda"},
			func(kind string) bool { return p.Type == kind })
	}
	if slices.ContainsFunc(pkgs, has) {
		return nil
	}
	database := "package database"
	if ok {
		database = known.name + " database"
	}
	return []landwaiter.Coverage{{
		Analyser: landwaiter.AnalyserPackages, State: landwaiter.Partial,
		Reason: fmt.Sprintf(
			"the image is %s, but has no %s with packages of it: what the distribution installed is not known",
			os,
			database,
		),
	}}
}
