package vex

import (
	"net/url"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// scopes returns the images and packages that a statement is about. The product
// is an image or a package; part is a package in it, or "". If the scope is not
// clear, it returns none, since a statement of unknown scope must not suppress
// anything.
func (p *parser) scopes(flaw, product, part string) []landwaiter.Suppression {
	if part != "" && !strings.HasPrefix(part, "pkg:") {
		p.skip("%s: %q is not a package URL", clip(flaw), clip(part))
		return nil
	}
	images, isImage := imagesOf(product)
	switch {
	case isImage:
		var out []landwaiter.Suppression
		for _, image := range images {
			out = append(out, landwaiter.Suppression{Image: image, Package: part})
		}
		return out
	case strings.HasPrefix(product, "pkg:") && part == "":
		return []landwaiter.Suppression{{Package: product}}
	case strings.HasPrefix(product, "pkg:"):
		// The part inside another package: a finding does not say whether its
		// package is inside the other one.
		p.skip("%s: findings of %s inside %s cannot be distinguished from others", clip(flaw), clip(part),
			clip(product))
		return nil
	}
	p.skip("%s: %q is neither an image nor a package URL", clip(flaw), clip(product))
	return nil
}

// imagesOf returns the patterns of the images that a product stands for, if it
// is an image: a package URL of the types oci and docker
// (https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst), a
// digest, or a reference with a digest.
func imagesOf(product string) (images []string, ok bool) {
	if i := strings.LastIndex(product, "sha256:"); i == 0 ||
		i > 0 && product[i-1] == '@' && !strings.HasPrefix(product, "pkg:") {
		return []string{product[i:]}, true
	}
	kind, rest, found := strings.Cut(strings.TrimPrefix(product, "pkg:"), "/")
	if !found || !strings.HasPrefix(product, "pkg:") || kind != "oci" && kind != "docker" {
		return nil, false
	}
	rest, query, _ := strings.Cut(rest, "?")
	qualifiers, err := url.ParseQuery(query)
	if err != nil {
		return nil, false
	}
	name, version, _ := strings.Cut(rest, "@")
	if version, err = url.PathUnescape(version); err != nil {
		return nil, false
	}
	if strings.HasPrefix(version, "sha256:") {
		return []string{version}, true
	}
	tag := qualifiers.Get("tag")
	if tag == "" {
		tag = version
	}
	if tag != "" {
		tag = ":" + tag
	}
	if repository := qualifiers.Get("repository_url"); repository != "" {
		// The whole repository for oci, the registry's host for docker.
		if kind == "docker" {
			repository += "/" + name
		}
		return []string{repository + tag}, true
	}
	return []string{name + tag, "*/" + name + tag}, name != ""
}
