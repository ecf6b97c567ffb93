package match

import (
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// cleared are the CVEs that, by one record, the version does not have although
// another record covers it.
type cleared struct {
	tracked map[string]bool // by the security tracker's own entry
	rebuilt map[string]bool // by the publisher of a rebuild; see isRoot
	minor   map[string]bool // by an erratum for the minor release of the build
}

func newCleared() cleared {
	return cleared{map[string]bool{}, map[string]bool{}, map[string]bool{}}
}

// add takes a record about the package that does not cover the version.
func (c *cleared) add(t *target, h hit) {
	if cve := trackedCVE(h.advisory); cve != "" {
		c.tracked[cve] = true
	}
	if isRootEntry(h.entry) {
		c.put(c.rebuilt, h.advisory)
	}
	if fixedInMinor(t.minor, h) {
		c.put(c.minor, h.advisory)
	}
}

func (c *cleared) put(in map[string]bool, a *landwaiter.Advisory) {
	for _, cve := range CVEs(a) {
		in[cve] = true
	}
}

// has reports whether the version does not have a CVE of a record that covers it.
//
//   - A notice about several CVEs may list one again that an earlier update has
//     fixed; the security tracker's entry decides.
//   - Root's record decides about Root's builds.
//   - An erratum of a later minor release does not say that the earlier one lacks
//     the fix: 9.6 and 9.7 of RHEL have builds of their own.
func (c *cleared) has(minor string, h hit, cve string) bool {
	return h.several && c.tracked[cve] || c.rebuilt[cve] && !isRootEntry(h.entry) ||
		minor != "" && c.minor[cve] && !slices.Contains(fixMinors(h), minor)
}

// without removes from the hits what is cleared.
func (c *cleared) without(minor string, hits []hit) []hit {
	kept := hits[:0]
	for _, h := range hits {
		if n := len(h.cves); n > 0 {
			h.cves = slices.DeleteFunc(h.cves, func(cve string) bool { return c.has(minor, h, cve) })
			if len(h.cves) == 0 {
				continue
			}
		}
		kept = append(kept, h)
	}
	return kept
}

// minorRelease is the part of an RPM's release that names the minor release it
// was built for: "el9_6", and "el8.6.0" in a module.
var minorRelease = regexp.MustCompile(`el(\d+)[_.](\d+)`)

// minorOf returns the minor release that an RPM was built for, "9.6"; "" when its
// version does not say.
func minorOf(version string) string {
	m := minorRelease.FindStringSubmatch(version)
	if m == nil {
		return ""
	}
	return m[1] + "." + m[2]
}

// fixMinors returns the minor releases for which a record lists fixed builds.
func fixMinors(h hit) []string {
	var out []string
	for _, entry := range h.entries {
		for _, r := range entry.Ranges {
			for _, e := range r.Events {
				if minor := minorOf(e.Fixed); minor != "" {
					out = append(out, minor)
				}
			}
		}
	}
	return out
}

// fixedInMinor reports whether a record that does not cover the version has a fix
// for its minor release.
func fixedInMinor(minor string, h hit) bool {
	return minor != "" && slices.Contains(fixMinors(h), minor)
}

// supportProducts are Red Hat's products that keep a minor release supported.
var supportProducts = []string{"rhel_eus", "rhel_e4s"}

// minorStreams returns the streams of the errata for a minor release, by which
// builds for it are judged whether or not the image has the subscription: they
// say what is fixed.
func minorStreams(pkg landwaiter.Package) []string {
	minor := minorOf(pkg.Version)
	if minor == "" || pkg.Type != "rpm" || !strings.HasPrefix(pkg.Ecosystem, "Red Hat:") {
		return nil
	}
	var out []string
	for _, product := range supportProducts {
		for _, repository := range []string{"baseos", "appstream"} {
			out = append(out, "Red Hat:"+product+":"+minor+"::"+repository)
		}
	}
	return out
}
