package landwaiter

import (
	"net/url"
	"strings"
)

// purl is a package URL that stands for packages
// (https://github.com/package-url/purl-spec).
type purl struct {
	kind       string
	name       string // namespace and name, decoded
	version    string // "" for all
	qualifiers url.Values
}

func parsePURL(text string) (u purl, ok bool) {
	rest, ok := strings.CutPrefix(text, "pkg:")
	if !ok {
		return purl{}, false
	}
	rest, _, _ = strings.Cut(strings.TrimLeft(rest, "/"), "#")
	rest, query, _ := strings.Cut(rest, "?")
	var err error
	if u.qualifiers, err = url.ParseQuery(strings.ReplaceAll(query, "+", "%2B")); err != nil {
		return purl{}, false
	}
	kind, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(path, '@'); i > 0 {
		if u.version, err = url.PathUnescape(path[i+1:]); err != nil {
			return purl{}, false
		}
		path = path[:i]
	}
	u.kind = strings.ToLower(kind)
	u.name, err = url.PathUnescape(strings.Trim(path, "/"))
	return u, err == nil && u.kind != "" && u.name != ""
}

// covers reports whether the URL stands for the package version. The URL may name
// a distribution package by its source package. Only the qualifiers for the
// architecture, the epoch and the release are compared; others are ignored.
func (u purl) covers(p Package) bool {
	own, ok := parsePURL(p.PURL)
	if !ok {
		own.name = strings.ReplaceAll(p.Name, ":", "/") // group:artifact of Maven
	}
	if u.kind != p.Type || !u.coversArch(p) || !u.coversRelease(p, own) {
		return false
	}
	if u.sameName(own.name) {
		return u.sameVersion(p.Version)
	}
	namespace := own.name[:strings.LastIndexByte(own.name, '/')+1]
	if p.SourceName == "" || !u.sameName(namespace+p.SourceName) {
		return false
	}
	return u.sameVersion(p.Version) || u.sameVersion(p.SourceVersion)
}

// vendors are the namespaces of RPMs as their vendors write them, by the ID in
// os-release that other tools write instead.
var vendors = map[string]string{
	"rhel": "redhat", "sles": "suse", "sles_sap": "suse", "sled": "suse", "opensuse-leap": "opensuse",
	"opensuse-tumbleweed": "opensuse", "amzn": "amazon", "ol": "oracle",
}

func vendorName(name string) string {
	if namespace, rest, ok := strings.Cut(name, "/"); ok && vendors[namespace] != "" {
		return vendors[namespace] + "/" + rest
	}
	return name
}

func (u purl) sameName(name string) bool {
	if u.kind == "pypi" {
		dashes := strings.NewReplacer("_", "-", ".", "-")
		return strings.EqualFold(dashes.Replace(u.name), dashes.Replace(name))
	}
	if u.kind == "rpm" {
		return strings.EqualFold(vendorName(u.name), vendorName(name))
	}
	return strings.EqualFold(u.name, name)
}

// sameVersion compares versions as text. The epoch of an RPM may be a qualifier.
func (u purl) sameVersion(version string) bool {
	if u.version == "" || u.version == version {
		return true
	}
	epoch := u.qualifiers.Get("epoch")
	return epoch != "" && epoch+":"+u.version == version
}

// coversArch compares architectures. A source package covers all of them.
func (u purl) coversArch(p Package) bool {
	arch := u.qualifiers.Get("arch")
	return arch == "" || arch == "source" || arch == "src" || p.Arch == "" || arch == p.Arch
}

// coversRelease compares the release of the distribution: the standard qualifier
// "distro=debian-12", or os_name and os_version in Docker's documents. A release
// that the package does not name, or names by a codename only, counts as equal:
// the namespace tells distributions apart.
func (u purl) coversRelease(p Package, own purl) bool {
	name, version := u.release()
	if version == "" {
		return true
	}
	if ownName, ownVersion := own.release(); ownVersion != "" {
		return strings.EqualFold(name, ownName) && (withinRelease(version, ownVersion) || withinRelease(ownVersion, version))
	}
	distro, release, _ := strings.Cut(p.Ecosystem, ":")
	release, _, _ = strings.Cut(strings.TrimPrefix(release, "v"), ":")
	return release == "" || !strings.EqualFold(name, distro) || withinRelease(version, release)
}

// release returns the distribution and release that the qualifiers name. The
// version is "" for a codename, which does not begin with a digit.
func (u purl) release() (name, version string) {
	name, version = u.qualifiers.Get("os_name"), u.qualifiers.Get("os_version")
	if d := u.qualifiers.Get("distro"); version == "" && d != "" {
		if i := strings.LastIndexByte(d, '-'); i > 0 {
			name, version = d[:i], d[i+1:]
		}
	}
	if version == "" || version[0] < '0' || version[0] > '9' {
		return name, ""
	}
	return name, version
}

// withinRelease reports whether a version belongs to a release: 12.5 to 12.
func withinRelease(version, release string) bool {
	return version == release || strings.HasPrefix(version, release+".")
}
