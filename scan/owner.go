package scan

import (
	"context"
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/match"
)

// judgedOwners returns the names of the distribution packages for which the
// distribution's advisories speak: what they brought along is judged with them.
// That needs advisories of the distribution in the store, and a package that the
// distribution made, or one that its advisories know. The packages of others
// (Docker, NodeSource, a company's own) are in the same database, and nobody but
// us judges what is in them.
//
// It asks the store at most twice for an image, and not at all for one without
// packages that have an owner.
func (s *Scanner) judgedOwners(
	ctx context.Context, pkgs []landwaiter.ImagePackage, os landwaiter.OSRelease,
) (map[string]bool, error) {
	ecosystem := match.Ecosystem(os, "deb") // apk and rpm would give the same
	owners := map[string]bool{}
	for i := range pkgs {
		if owner := pkgs[i].Owner; owner != "" {
			owners[owner] = true
		}
	}
	if ecosystem == "" || len(owners) == 0 {
		return nil, nil
	}
	if present, err := s.Store.Advisories.Present(ctx, ecosystem); err != nil || !present {
		return nil, err
	}
	judged := map[string]bool{}
	asked := map[landwaiter.PackageKey][]string{} // to the names of the packages
	for i := range pkgs {
		p := pkgs[i].Package
		if !landwaiter.IsDistribution(p.Type) || !owners[p.Name] {
			continue
		}
		switch whose(os, p) {
		case ofDistribution:
			judged[p.Name] = true
		case unknownMaker:
			p.Ecosystem = ecosystem
			for _, key := range match.Keys(p) {
				asked[key] = append(asked[key], p.Name)
			}
		}
	}
	keys := make([]landwaiter.PackageKey, 0, len(asked))
	for key := range asked {
		keys = append(keys, key)
	}
	known, err := s.Store.Advisories.Known(ctx, keys)
	for key := range known {
		for _, name := range asked[key] {
			judged[name] = true
		}
	}
	return judged, err
}

// maker says who made a distribution package.
type maker int

const (
	unknownMaker maker = iota
	ofDistribution
	ofOthers
)

// rpmVendors are what the RPMs of distributions name as their Vendor, by the ID
// of os-release, as prefixes in lower case.
var rpmVendors = map[string][]string{
	"rhel": {"red hat"}, "redhat": {"red hat"}, "centos": {"centos", "red hat"},
	"almalinux": {"almalinux"}, "rocky": {"rocky"}, "photon": {"vmware"},
	"azurelinux": {"microsoft"}, "mariner": {"microsoft"}, "mageia": {"mageia"},
	"openeuler": {"openeuler", "http://openeuler.org"},
}

// suseVendors are those of SUSE and openSUSE, whose base is one.
var suseVendors = []string{"suse", "opensuse", "obs://build.suse.de/", "obs://build.opensuse.org/opensuse"}

// maintainerDomains are where the maintainers of a distribution's packages have
// their addresses, by the ID of os-release. Many maintainers of Debian and
// Alpine have addresses elsewhere, so that another domain says nothing. Ubuntu
// replaces the maintainer in every package.
var maintainerDomains = map[string][]string{
	"debian": {"debian.org", "debian.net"}, "raspbian": {"debian.org", "debian.net", "raspberrypi.com"},
	"ubuntu": {"ubuntu.com", "canonical.com"}, "alpine": {"alpinelinux.org"}, "alpaquita": {"bell-sw.com"},
	"bellsoft-hardened-containers": {"bell-sw.com"}, "echo": {"echohq.com", "debian.org", "debian.net"},
}

// foreignDebian is in versions of packages that were built for Debian or Ubuntu
// by others, who keep the maintainer or have a name that Debian has, too:
// "20.11.1-1nodesource1", "16.2-1.pgdg120+2", "5:24.0.7-1~debian.12~bookworm",
// "8.2.10-1+0~20230902.48+debian12~1.gbpad5c17".
var foreignDebian = regexp.MustCompile(`nodesource|pgdg|~debian|\.gbp|deadsnakes|~ppa|ppa\d|\+deb\.sury|` +
	`~ubuntu[.-]|~(?:stretch|buster|bullseye|bookworm|trixie|bionic|focal|jammy|noble)`)

// microsoftRelease is in the releases of Azure Linux; Microsoft publishes RPMs
// for other distributions under the same Vendor.
var microsoftRelease = regexp.MustCompile(`\.(?:azl|cm)\d`)

// whose decides by what the package database says.
func whose(os landwaiter.OSRelease, p landwaiter.Package) maker {
	id := strings.ToLower(os.ID)
	switch p.Type {
	case "rpm":
		return whoseRPM(id, p)
	case "deb":
		if foreignDebian.MatchString(p.Version) {
			return ofOthers
		}
	}
	if isOfDomain(p.Vendor, maintainerDomains[id]) {
		return ofDistribution
	}
	if id == "ubuntu" && p.Vendor != "" {
		return ofOthers
	}
	return unknownMaker
}

func whoseRPM(id string, p landwaiter.Package) maker {
	vendors := rpmVendors[id]
	if strings.Contains(id, "suse") || strings.HasPrefix(id, "sle") || strings.HasPrefix(id, "sl-") {
		vendors = suseVendors
	}
	vendor := strings.ToLower(p.Vendor)
	if vendor == "" || vendors == nil {
		return unknownMaker
	}
	for _, prefix := range vendors {
		if !strings.HasPrefix(vendor, prefix) {
			continue
		}
		if prefix == "microsoft" && !microsoftRelease.MatchString(p.Version) {
			break
		}
		return ofDistribution
	}
	return ofOthers
}

// isOfDomain reports whether a maintainer, "Name <user@host>", has an address in
// one of the domains.
func isOfDomain(maintainer string, domains []string) bool {
	at := strings.LastIndexByte(maintainer, '@')
	if at < 0 {
		return false
	}
	host := strings.ToLower(strings.TrimRight(maintainer[at+1:], "> "))
	for _, domain := range domains {
		if rest, ok := strings.CutSuffix(host, domain); ok && (rest == "" || strings.HasSuffix(rest, ".")) {
			return true
		}
	}
	return false
}
