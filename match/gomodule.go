package match

import (
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// goUntagged is the pseudo-version of a commit without a tag before it.
var goUntagged = regexp.MustCompile(`^v?\d+\.0\.0-\d{14}-[0-9a-f]{12}(\+dirty)?$`)

// goSubjects returns how the Go vulnerability database names a module.
//
// The versions of the standard library and of the go command are those of the
// toolchain, whose suffixes are not pre-releases ("1.26.8-X:arenas",
// "1.26.8-fips.1"). The main module of a checkout without tags has a
// pseudo-version that is older than all releases, although nobody knows which
// releases the commit follows: it is compared with nothing.
func goSubjects(pkg landwaiter.Package, module subject) []subject {
	switch {
	case pkg.Name == "stdlib" || pkg.Name == "toolchain":
		module.version = "go" + strings.TrimPrefix(module.version, "go")
	case isUntaggedMain(pkg):
		return nil
	}
	return []subject{module}
}

// isUntaggedMain reports whether the package is a main module whose release is
// unknown.
func isUntaggedMain(pkg landwaiter.Package) bool {
	return pkg.Type == "golang" && pkg.Origin == landwaiter.OriginProject && goUntagged.MatchString(pkg.Version)
}
