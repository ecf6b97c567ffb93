package vex

import (
	"strings"

	"github.com/landwaiter/landwaiter"
)

// csafScopes returns the images and packages that a product ID stands for: an
// image or a package by its package URL, a package in an image, or a package of
// a distribution's release. It returns none if that is not clear.
func (p *parser) csafScopes(flaw, id string, names csafNames) []landwaiter.Suppression {
	relation, isPart := names.parts[id]
	if !isPart {
		return p.scopes(flaw, names.products[id].orID(id), "")
	}
	part, whole := names.products[relation.Part], names.products[relation.Related]
	if _, isImage := imagesOf(whole.Helper.PURL); isImage {
		return p.scopes(flaw, whole.Helper.PURL, part.orID(relation.Part))
	}
	purl := part.Helper.PURL
	if !strings.HasPrefix(purl, "pkg:") {
		p.skip("%s: %q is neither an image nor a package URL", clip(flaw), clip(relation.Part))
		return nil
	}
	if strings.Contains(purl, "@") && strings.HasPrefix(purl, "pkg:rpm/") {
		return []landwaiter.Suppression{{Package: purl}} // this build only, in any release
	}
	distro := distroOfCPE(whole.Helper.CPE)
	if distro == "" {
		p.skip("%s: findings of %s in %q cannot be distinguished from others", clip(flaw), clip(purl),
			clip(relation.Related))
		return nil
	}
	separator := "?"
	if strings.Contains(purl, "?") {
		separator = "&"
	}
	return []landwaiter.Suppression{{Package: purl + separator + "distro=" + distro}}
}

func (c csafProduct) orID(id string) string {
	if c.Helper.PURL != "" {
		return c.Helper.PURL
	}
	return id
}

// cpeDistros maps vendor and product of the CPE of distributions' main lines to
// the IDs in os-release.
var cpeDistros = map[string]string{
	"redhat:enterprise_linux": "rhel", "suse:sles": "sles", "suse:sled": "sled", "opensuse:leap": "opensuse-leap",
	"debian:debian_linux": "debian", "canonical:ubuntu_linux": "ubuntu", "oracle:linux": "ol",
	"almalinux:almalinux": "almalinux",
}

// distroOfCPE returns the distribution release that a CPE names in the form of
// package URLs, such as "rhel-8", and "" for other products. It accepts both
// forms of CPE: "cpe:/o:redhat:enterprise_linux:8::baseos" and
// "cpe:2.3:o:suse:sles:15:sp5:*".
func distroOfCPE(cpe string) string {
	rest, ok := strings.CutPrefix(cpe, "cpe:/")
	if !ok {
		rest = strings.TrimPrefix(cpe, "cpe:2.3:")
	}
	f := strings.Split(rest, ":")
	if len(f) < 4 {
		return ""
	}
	id, version := cpeDistros[f[1]+":"+f[2]], f[3]
	if id == "" || version == "" || strings.Trim(version, "0123456789.") != "" {
		return ""
	}
	if len(f) > 4 && strings.HasPrefix(f[4], "sp") { // SUSE's service packs
		version += "." + f[4][2:]
	}
	if strings.Trim(version, "0123456789.") != "" {
		return ""
	}
	return id + "-" + version
}
