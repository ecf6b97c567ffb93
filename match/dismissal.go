package match

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// dismissal says why a record that names the flaw gives no finding.
func (t *target) dismissal(a *landwaiter.Advisory) string {
	if !a.Withdrawn.IsZero() {
		return "withdrawn on " + a.Withdrawn.Format(time.DateOnly)
	}
	if !isFlaw(a) {
		return "is not about a vulnerability"
	}
	if Malicious(a) && elsewhere(t.pkg) {
		return "reports a malicious package of the public registry, and this one is not from there: " +
			originText[t.pkg.Origin]
	}
	if isUntaggedMain(t.pkg) {
		return "cannot be compared: " + t.pkg.Version + " is a commit without a tag before it, of an unknown release"
	}
	if Malicious(a) {
		return "reports a malicious package, which is malware and not a vulnerability"
	}
	if isKernelHeaders(t.pkg) {
		return fmt.Sprintf("%s contains headers only, and no code of the kernel", t.pkg.Name)
	}
	for _, c := range t.candidates {
		entries := t.entries(t.streams, a, c.name)
		switch {
		case len(entries) == 0:
		case t.pkg.Type == "rpm" && isFixOf(entries, c.version.text):
			return fmt.Sprintf("%s is itself a fixed build", c.version.text)
		case coveredByAny(c.version, entries):
			return "another record for the CVE, closer to this build, says that this version is not affected"
		default:
			return fmt.Sprintf("%s is not in %s", c.version.text, rangesText(entries))
		}
	}
	return "is about " + cmp.Or(affectedText(a), "no package")
}

// originText explains the origins of packages.
var originText = map[string]string{
	landwaiter.OriginProject: "it is the application itself or a member of its workspace",
	landwaiter.OriginLocal:   "it was installed from a file or directory",
	landwaiter.OriginGit:     "it was installed from a repository",
	landwaiter.OriginURL:     "it was installed from a URL",
	landwaiter.OriginPrivate: "it was installed from another registry",
}

// maxShown bounds how many ranges or packages of a record a sentence lists.
const maxShown = 5

func rangesText(entries []*landwaiter.Affected) string {
	var out []string
	for _, a := range entries {
		for _, r := range a.Ranges {
			out = append(out, rangeText(r))
		}
		if len(a.Ranges) == 0 && len(a.Versions) > 0 {
			out = append(out, fmt.Sprintf("a list of %d versions", len(a.Versions)))
		}
	}
	return cmp.Or(shown(out), "any version range: the record has none, or only commits")
}

// rangeText formats the events as intervals, in their published order.
func rangeText(r landwaiter.Range) string {
	var b strings.Builder
	open := false
	for _, e := range r.Events {
		switch {
		case e.Introduced != "":
			if open {
				b.WriteString(", ...) ")
			}
			b.WriteString("[" + e.Introduced)
			open = true
		case e.Fixed != "" && open:
			b.WriteString(", " + e.Fixed + ") ")
			open = false
		case e.LastAffected != "" && open:
			b.WriteString(", " + e.LastAffected + "] ")
			open = false
		}
	}
	if open {
		b.WriteString(", ...)")
	}
	return strings.TrimSpace(b.String())
}

func affectedText(a *landwaiter.Advisory) string {
	var out []string
	for i := range a.Affected {
		if text := a.Affected[i].Name + " in " + a.Affected[i].Ecosystem; !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return shown(out)
}

func shown(list []string) string {
	if more := len(list) - maxShown; more > 0 {
		list = append(list[:maxShown:maxShown], fmt.Sprintf("%d more", more))
	}
	return strings.Join(list, ", ")
}
