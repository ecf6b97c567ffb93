package manifest

import (
	"bytes"
	"context"
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter/syntax"
)

// podEntry is an installed pod: two spaces, a dash, the name, which is quoted when
// it has special characters, and the version.
var podEntry = regexp.MustCompile(`^  - "?([^\s"(]+) \(([^()]+)\)"?:?$`)

// GradleLock reads a lock file of Gradle: "group:artifact:version=classpaths" on
// each line, before Gradle 6 without classpaths. A package of the classpaths of
// tests alone is one for development.
func GradleLock(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	err := eachLine(ctx, data, &f, func(line []byte) bool {
		text := string(bytes.TrimSpace(line))
		if text == "" || text[0] == '#' || strings.HasPrefix(text, "empty=") {
			return true
		}
		place, paths, _ := strings.Cut(text, "=")
		parts := strings.Split(place, ":")
		if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
			f.wrong("%q is no package", some(text))
			return true
		}
		f.add(parts[0]+":"+parts[1], parts[2], onlyTests(paths))
		return true
	})
	return f.end(err)
}

// onlyTests reports whether all of the classpaths are of tests or of tools that
// check the sources.
func onlyTests(classpaths string) bool {
	if classpaths == "" {
		return false
	}
	for name := range strings.SplitSeq(classpaths, ",") {
		known := false
		for _, prefix := range [...]string{
			"test", "androidTest", "checkstyle", "pmd", "spotbugs", "jacoco", "detekt", "ktlint",
		} {
			known = known || strings.HasPrefix(name, prefix)
		}
		if !known {
			return false
		}
	}
	return true
}

// PodLock reads the pods that Podfile.lock lists. A part of a pod, "A/Core", is
// the pod.
func PodLock(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	inside := false
	err := eachLine(ctx, data, &f, func(line []byte) bool {
		switch {
		case len(line) > 0 && line[0] != ' ':
			inside = string(bytes.TrimSpace(line)) == "PODS:"
		case !inside || !bytes.HasPrefix(line, []byte("  - ")):
		default:
			m := podEntry.FindSubmatch(bytes.TrimRight(line, " "))
			if m == nil {
				f.wrong("%q is no pod", some(bytes.TrimSpace(line)))
				return true
			}
			name, _, _ := strings.Cut(string(m[1]), "/")
			f.add(name, string(m[2]), false)
		}
		return true
	})
	return f.end(err)
}

// SnapYAML reads meta/snap.yaml of an installed snap
// (https://snapcraft.io/docs/the-snap-format).
func SnapYAML(ctx context.Context, data []byte) ([]Package, error) {
	fields, err := header(ctx, data, "name", "version")
	var f found
	f.add(unquoted(fields["name"]), unquoted(fields["version"]), false)
	return f.end(err)
}

// unquoted is a plain or quoted scalar of YAML on one line.
func unquoted(s string) string {
	if len(s) > 1 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// CPANMeta reads MYMETA.json, which the clients of CPAN keep of what they
// installed (https://metacpan.org/pod/CPAN::Meta::Spec).
func CPANMeta(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	var f found
	var name, version string
	ok, err := fields(j, field{"name", &name}, field{"version", &version})
	if err == nil && !ok {
		f.wrong("no name or version of a distribution")
	}
	f.add(name, strings.TrimPrefix(version, "v"), false)
	return f.end(err)
}
