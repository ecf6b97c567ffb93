package landwaiter

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// Suppression accepts a flaw, with a reason. The findings that it covers do not
// count, but stay listed as suppressed.
type Suppression struct {
	ID            string // see [SuppressionID]
	Vulnerability string // a CVE, or any other ID of the flaw
	// Package is the name of a package or of its source package, or a package
	// URL. A package URL without a version covers all versions. "" covers all
	// packages.
	Package string
	// Image is an image ID, a manifest digest, or a pattern for image names in
	// which * matches any text, including none. A pattern without a tag covers
	// all tags. "" covers all images.
	Image   string
	Status  SuppressionStatus
	Reason  string
	Source  string // "ignore", or the name of a VEX document
	Created time.Time
	Expires time.Time // zero means never
}

// SuppressionStatus is the claim behind a suppression.
type SuppressionStatus string

// The statuses. They are those of OpenVEX, and "accepted".
const (
	RiskAccepted SuppressionStatus = "accepted"     // the flaw is there, and its risk is accepted
	NotAffected  SuppressionStatus = "not_affected" // the flaw cannot do harm here
	AlreadyFixed SuppressionStatus = "fixed"        // this build has the fix, whatever its version says
)

// SuppressionID returns a hash over what a suppression covers and its source, so
// that adding it again replaces it.
func SuppressionID(s Suppression) string {
	h := sha256.Sum256([]byte(strings.Join([]string{s.Vulnerability, s.Package, s.Image, s.Source}, "\x00")))
	return hex.EncodeToString(h[:6])
}

// Check returns Invalid when the flaw, the status or the reason is missing or
// malformed.
func (s Suppression) Check() error {
	switch {
	case s.Vulnerability == "" || strings.ContainsAny(s.Vulnerability, " \t*"):
		return Errorf(Invalid, "suppress one flaw, by its ID (CVE-2024-1234), not %q", s.Vulnerability)
	case s.Reason == "":
		return Errorf(Invalid, "%s: say why it is suppressed", s.Vulnerability)
	case s.Status != RiskAccepted && s.Status != NotAffected && s.Status != AlreadyFixed:
		return Errorf(Invalid, "%s: status %q: want accepted, not_affected or fixed", s.Vulnerability, s.Status)
	case strings.HasPrefix(s.Image, digestPrefix) && !isDigest(s.Image):
		return Errorf(Invalid, "%s: image %q: want sha256: and 64 hex digits, or a pattern for names",
			s.Vulnerability, s.Image)
	case strings.HasPrefix(s.Package, "pkg:"):
		if _, ok := parsePURL(s.Package); !ok {
			return Errorf(Invalid, "%s: %q is not a package URL", s.Vulnerability, s.Package)
		}
	}
	return nil
}

const digestPrefix = "sha256:"

func isDigest(text string) bool {
	digits, ok := strings.CutPrefix(text, digestPrefix)
	return ok && len(digits) == 64 && strings.Trim(digits, "0123456789abcdef") == ""
}

// Expired reports whether the suppression ended before now.
func (s Suppression) Expired(now time.Time) bool {
	return !s.Expires.IsZero() && !now.Before(s.Expires)
}

// CoversFlaw reports whether the suppression is about this flaw.
func (s Suppression) CoversFlaw(id string, aliases []string) bool {
	return s.Vulnerability == id || slices.Contains(aliases, s.Vulnerability)
}

// CoversPackage reports whether the suppression covers the package version.
func (s Suppression) CoversPackage(p Package) bool {
	if s.Package == "" || s.Package == p.Name || s.Package == p.SourceName {
		return true
	}
	u, ok := parsePURL(s.Package)
	return ok && u.covers(p)
}

// CoversImage reports whether the suppression covers the image.
func (s Suppression) CoversImage(img Image) bool {
	if s.Image == "" || s.Image == img.ID {
		return true
	}
	pattern := s.NamePattern()
	if pattern == "" {
		return s.Image == img.ManifestDigest ||
			slices.ContainsFunc(img.RepoDigests, func(d string) bool { return strings.HasSuffix(d, "@"+s.Image) })
	}
	return slices.ContainsFunc(img.Names, func(name string) bool { return glob(pattern, strings.ToLower(name)) })
}

// NamePattern returns Image as a pattern for image names, in lower case and with
// a tag; "" when Image is a digest or empty.
func (s Suppression) NamePattern() string {
	if s.Image == "" || strings.HasPrefix(s.Image, digestPrefix) {
		return ""
	}
	pattern := strings.ToLower(s.Image)
	last := pattern[strings.LastIndexByte(pattern, '/')+1:]
	if !strings.Contains(last, ":") && !strings.HasSuffix(last, "*") {
		pattern += ":*"
	}
	return pattern
}

// glob reports whether text matches a pattern in which * stands for any text.
func glob(pattern, text string) bool {
	first, rest, more := strings.Cut(pattern, "*")
	if !more {
		return text == pattern
	}
	if !strings.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	parts := strings.Split(rest, "*")
	for _, part := range parts[:len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}

// SuppressedVulnerability is a finding that does not count.
type SuppressedVulnerability struct {
	ImageVulnerability
	By Suppression
}

// Suppress moves the vulnerabilities that a suppression in list covers from
// r.Vulnerabilities to r.Suppressed. Expired suppressions cover nothing.
func (r *Report) Suppress(list []Suppression, now time.Time) {
	byFlaw := map[string][]Suppression{}
	for _, s := range list {
		if !s.Expired(now) && s.CoversImage(r.Image) {
			byFlaw[s.Vulnerability] = append(byFlaw[s.Vulnerability], s)
		}
	}
	if len(byFlaw) == 0 {
		return
	}
	type version struct{ kind, ecosystem, name, version string }
	pkgs := map[version][]Package{}
	for _, p := range r.Packages {
		k := version{p.Type, p.Ecosystem, p.Name, p.Version}
		pkgs[k] = append(pkgs[k], p.Package)
	}
	var kept []ImageVulnerability
	for _, v := range r.Vulnerabilities {
		by, ok := covering(byFlaw, v, pkgs[version{v.Type, v.Ecosystem, v.Package, v.Version}])
		if ok {
			r.Suppressed = append(r.Suppressed, SuppressedVulnerability{v, by})
		} else {
			kept = append(kept, v)
		}
	}
	r.Vulnerabilities = kept
}

// covering returns the first suppression of v's flaw that covers all of pkgs, the
// packages of v's name and version.
func covering(byFlaw map[string][]Suppression, v ImageVulnerability, pkgs []Package) (Suppression, bool) {
	for _, id := range append([]string{v.ID}, v.Aliases...) {
		for _, s := range byFlaw[id] {
			if !slices.ContainsFunc(pkgs, func(p Package) bool { return !s.CoversPackage(p) }) &&
				(len(pkgs) > 0 || s.Package == "") {
				return s, true
			}
		}
	}
	return Suppression{}, false
}
