package match

import (
	"strings"

	"github.com/landwaiter/landwaiter"
)

// moduleMark is part of the release of every RPM that was built in a module.
const moduleMark = ".module"

// sameModule reports whether an advisory entry applies to the module stream
// that an RPM comes from, if any. Versions of an ordinary and a modular build
// cannot be compared, nor can those of two streams of a module ("nodejs:18",
// "nodejs:20"). The title of an erratum names the stream ("Important: nodejs:18
// security update"); an erratum without a stream in its title applies to all.
func sameModule(pkg landwaiter.Package, title string, entry *landwaiter.Affected) bool {
	if pkg.Type != "rpm" {
		return true
	}
	inModule := pkg.Modularity != "" || strings.Contains(pkg.Version, moduleMark)
	if inModule != entryInModule(entry) {
		return false
	}
	name, rest, ok := strings.Cut(pkg.Modularity, ":")
	if !ok {
		return !inModule || mayBeOfStream(pkg.Version, title, entry)
	}
	stream, _, _ := strings.Cut(rest, ":")
	for word := range strings.FieldsSeq(title) {
		module, theirs, ok := strings.Cut(strings.Trim(word, ",;()"), ":")
		if ok && theirs != "" && module == name {
			return theirs == stream
		}
	}
	return true
}

// mayBeOfStream decides about a package without a label: AlmaLinux 8 built modules
// without one. Where a module is named after the version of its main package
// ("postgresql:12", 12.5), a package of another version (9.6) is of another stream.
func mayBeOfStream(version, title string, entry *landwaiter.Affected) bool {
	for word := range strings.FieldsSeq(title) {
		module, stream, ok := strings.Cut(strings.Trim(word, ",;()"), ":")
		if !ok || module == "" || stream == "" {
			continue
		}
		for _, r := range entry.Ranges {
			for _, e := range r.Events {
				if e.Fixed != "" && startsWithRelease(e.Fixed, stream) {
					return startsWithRelease(version, stream)
				}
			}
		}
	}
	return true
}

// startsWithRelease reports whether the first numbers of a version, without the
// epoch, are those of a stream: "12.5-1" of "12", "9.6.20-1" of "9.6".
func startsWithRelease(version, stream string) bool {
	if _, rest, ok := strings.Cut(version, ":"); ok {
		version = rest
	}
	rest, ok := strings.CutPrefix(version, stream)
	return ok && (rest == "" || rest[0] < '0' || rest[0] > '9')
}

func entryInModule(entry *landwaiter.Affected) bool {
	for _, r := range entry.Ranges {
		for _, e := range r.Events {
			if strings.Contains(e.Fixed, moduleMark) {
				return true
			}
		}
	}
	return false
}

// isFixOf reports whether the version is one of the fixed builds that the
// record lists for the package. An erratum for a module lists a rebuild for
// each minor release: the builds for earlier releases have lower versions than
// the last fix, and are fixed nevertheless.
func isFixOf(entries []*landwaiter.Affected, version string) bool {
	for _, entry := range entries {
		for _, r := range entry.Ranges {
			for _, e := range r.Events {
				if e.Fixed == version {
					return true
				}
			}
		}
	}
	return false
}
