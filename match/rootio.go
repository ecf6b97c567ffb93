package match

import (
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Root.io rebuilds packages of distributions with patches, and publishes records
// about its builds in ecosystems of their own, such as "Root:Debian:12". The
// distribution's records do not know the patches.

const (
	rootEcosystem = "Root"
	rootPrefix    = "rootio-" // of the names of newer builds
)

// rootAlpine is the revision of a build for Alpine, which has only digits: that of
// Alpine, "007" and the number of the build.
var rootAlpine = regexp.MustCompile(`-r\d+007\d$`)

// isRoot reports whether the package is a build of Root.io.
func isRoot(pkg landwaiter.Package) bool {
	return strings.Contains(pkg.Version, "root.io") || pkg.Type == "apk" && rootAlpine.MatchString(pkg.Version)
}

// rootStreams returns the streams of Root's records for builds of an ecosystem.
// Root spells releases of Alpine without "v" and Ubuntu's without "LTS".
func rootStreams(ecosystem string) []string {
	stream := rootEcosystem + ":" + landwaiter.Stream(ecosystem)
	if plain := strings.Replace(stream, ":Alpine:v", ":Alpine:", 1); plain != stream {
		return []string{stream, plain}
	}
	return []string{stream}
}

// rootSubjects adds the names under which Root and the distribution know it.
func rootSubjects(list []subject) []subject {
	for _, s := range list {
		if plain, ok := strings.CutPrefix(s.name, rootPrefix); ok {
			list = append(list, subject{plain, s.version})
		} else {
			list = append(list, subject{rootPrefix + s.name, s.version})
		}
	}
	return list
}

func isRootEntry(entry *landwaiter.Affected) bool {
	return strings.HasPrefix(entry.Ecosystem, rootEcosystem+":")
}
