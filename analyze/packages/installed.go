package packages

import "strings"

// packageDirs hold packages of others: of npm, pip and Debian's Python, Cargo and
// Go, and what Go, Composer and Cargo copy next to an application. (The sources
// of Go have the lock file of a front end in a vendor directory.)
var packageDirs = [...]string{
	"node_modules/", "site-packages/", "dist-packages/", "registry/src/", "pkg/mod/", "vendor/",
}

// isInstalled reports whether a directory is within an installed package.
func isInstalled(dir string) bool {
	for _, known := range packageDirs {
		if _, ok := within(dir, known); ok {
			return true
		}
	}
	// RubyGems unpacks into gems/NAME-VERSION; an application may have a
	// directory gems of its own.
	inside, ok := within(dir, "gems/")
	name, _, _ := strings.Cut(inside, "/")
	dash := strings.LastIndexByte(name, '-')
	return ok && dash > 0 && dash+1 < len(name) && '0' <= name[dash+1] && name[dash+1] <= '9'
}

// within returns what follows the last element known of dir.
func within(dir, known string) (inside string, ok bool) {
	at := strings.LastIndex(dir, known)
	if at < 0 || (at > 0 && dir[at-1] != '/') {
		return "", false
	}
	return dir[at+len(known):], true
}

// isTestData reports whether a directory within node_modules holds the tests
// and examples of a package, which have package.json files of their own.
func isTestData(dir string) bool {
	inside, ok := within(dir, "node_modules/")
	if !ok {
		return false
	}
	name, inside, _ := strings.Cut(inside, "/") // a package may be called "test"
	if strings.HasPrefix(name, "@") {
		_, inside, _ = strings.Cut(inside, "/")
	}
	for _, name := range [...]string{"test/", "tests/", "__tests__/", "fixtures/", "example/", "examples/"} {
		if strings.HasPrefix(inside, name) || strings.Contains(inside, "/"+name) {
			return true
		}
	}
	return false
}
