package manifest

import (
	"strings"

	"github.com/landwaiter/landwaiter"
)

// publicRegistries are the hosts of public registries and of their public
// mirrors. What has been resolved elsewhere is of another registry.
var publicRegistries = map[string]bool{
	"registry.npmjs.org": true, "registry.npmjs.com": true, "registry.yarnpkg.com": true,
	"registry.npmmirror.com": true, "registry.npm.taobao.org": true, "npm.jsr.io": true,
	"pypi.org": true, "pypi.python.org": true, "files.pythonhosted.org": true,
	"rubygems.org": true, "index.rubygems.org": true, "crates.io": true, "index.crates.io": true, "static.crates.io": true,
	"packagist.org": true, "repo.packagist.org": true,
}

// gitPrefixes are how package managers write that something is from a
// repository.
var gitPrefixes = []string{"git+", "git:", "git@", "ssh:", "github:", "gitlab:", "bitbucket:", "gist:"}

// localPrefixes are how they write that something is on disk.
var localPrefixes = []string{"file:", "link:", "portal:", "./", "../", "/", "~/"}

// originOf returns the landwaiter.Origin of something by the place that a lock
// file gives for it: "" for none and for a public registry.
func originOf(place string) string {
	for _, p := range gitPrefixes {
		if strings.HasPrefix(place, p) {
			return landwaiter.OriginGit
		}
	}
	for _, p := range localPrefixes {
		if strings.HasPrefix(place, p) {
			return landwaiter.OriginLocal
		}
	}
	if strings.HasPrefix(place, "workspace:") {
		return landwaiter.OriginProject
	}
	scheme, rest, ok := strings.Cut(place, "://")
	if !ok || scheme != "https" && scheme != "http" && scheme != "sparse+https" && scheme != "registry+https" {
		return ""
	}
	host, path, _ := strings.Cut(rest, "/")
	if _, after, user := strings.Cut(host, "@"); user {
		host = after
	}
	path, fragment, _ := strings.Cut(path, "#")
	switch {
	case publicRegistries[strings.ToLower(host)]:
		return ""
	case strings.HasSuffix(path, ".git"), host == "codeload.github.com", strings.HasPrefix(fragment, "commit="):
		return landwaiter.OriginGit
	case host == "github.com" || host == "gitlab.com" || host == "bitbucket.org":
		return landwaiter.OriginURL
	}
	return landwaiter.OriginPrivate
}

// addFrom adds a package that comes from a place.
func (f *found) addFrom(origin, name, version string, dev bool) {
	before := f.origin
	f.origin = origin
	f.add(name, version, dev)
	f.origin = before
}
