package packages

import (
	"encoding/json"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// readSwiftResolved reads the lock file of Swift's package manager. Version 1
// has the pins in an object, and calls the location repositoryURL. Advisories
// know a package by its location; what comes from a registry has none.
func readSwiftResolved(f *File) ([]landwaiter.Package, error) {
	type pins []struct {
		Location      string `json:"location"`
		RepositoryURL string `json:"repositoryURL"`
		State         struct {
			Version string `json:"version"`
		} `json:"state"`
	}
	var file struct {
		Pins   pins `json:"pins"`
		Object struct {
			Pins pins `json:"pins"`
		} `json:"object"`
	}
	if err := decodeJSON(f, &file); err != nil {
		return nil, err
	}
	var pkgs []landwaiter.Package
	for _, pin := range append(file.Pins, file.Object.Pins...) {
		pkgs = append(pkgs, onePackage("swift", swiftName(pin.Location+pin.RepositoryURL), pin.State.Version, f)...)
	}
	return pkgs, nil
}

// swiftName makes "github.com/apple/swift-nio" of the location of a repository.
func swiftName(location string) string {
	if rest, ok := strings.CutPrefix(location, "git@"); ok {
		location = strings.Replace(rest, ":", "/", 1)
	}
	if _, rest, ok := strings.Cut(location, "://"); ok {
		location = strings.TrimPrefix(rest, "git@")
	}
	return strings.TrimSuffix(strings.TrimSuffix(location, "/"), ".git")
}

// readDenoLock reads the packages of npm in a lock file of Deno: named
// "name@version", with a suffix for each choice of peers ("a@1.0.0_b@2.0.0").
// Versions 4 and 5 have them under "npm", 3 under "packages", 2 the other way
// round. Packages of JSR have no advisories.
func readDenoLock(f *File) ([]landwaiter.Package, error) {
	type entries map[string]json.RawMessage
	var file struct {
		NPM      entries `json:"npm"`
		Packages struct {
			NPM entries `json:"npm"`
		} `json:"packages"`
	}
	if err := decodeJSON(f, &file); err != nil {
		return nil, err
	}
	var nested entries
	if raw, ok := file.NPM["packages"]; ok && json.Unmarshal(raw, &nested) != nil {
		nested = nil
	}
	var pkgs []landwaiter.Package
	for _, list := range []entries{file.NPM, file.Packages.NPM, nested} {
		for key := range list {
			if at := strings.IndexByte(key[min(1, len(key)):], '@') + 1; at > 0 {
				version, _, _ := strings.Cut(key[at+1:], "_")
				pkgs = append(pkgs, onePackage("npm", key[:at], version, f)...)
			}
		}
	}
	return pkgs, nil
}
