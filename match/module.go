package match

import (
	"strings"

	"github.com/landwaiter/landwaiter"
)

// moduleMark is in the release of every RPM that was built in a module.
const moduleMark = ".module"

// sameModule reports whether an advisory entry is about the module stream that
// an RPM comes from, if any: an ordinary build and one of a module, and the
// streams of one module ("nodejs:18", "nodejs:20"), have versions that do not
// compare. The stream is in the title of an erratum ("Important: nodejs:18
// security update"); where it is not, any stream will do.
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
		return true
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

// isFixOf reports whether the version is itself one of the fixed builds that
// the record names for the package. An erratum of a module lists a rebuild for
// each minor release, and a later release's number is no sign of a flaw.
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
