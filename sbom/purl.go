package sbom

import (
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter"
)

// separators are the characters between namespace and name in OSV's names, where they
// are not a slash.
var separators = map[string]string{"maven": ":", "vscode-extension": "."}

// PURL returns the package URL of a package in an image of a distribution, by the
// rules of its type
// (https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst). The
// qualifiers "upstream" and "rpmmod" are not in the standard; they are written
// as syft writes them.
func PURL(p landwaiter.Package, os landwaiter.OSRelease) string {
	namespace, name, version := "", p.Name, p.Version
	qualifiers := map[string]string{}
	switch p.Type {
	case "deb", "apk", "rpm":
		namespace = os.ID
		version = distributionQualifiers(p, os, qualifiers)
	case "maven", "vscode-extension":
		if before, after, ok := strings.Cut(p.Name, separators[p.Type]); ok {
			namespace, name = before, after
		}
	case "golang", "composer", "npm", "swift":
		if p.Type == "golang" && name != "stdlib" && name != "toolchain" && version != "" {
			version = "v" + strings.TrimPrefix(version, "v") // OSV leaves it out, the purl does not
		}
		if i := strings.LastIndexByte(p.Name, '/'); i > 0 {
			namespace, name = p.Name[:i], p.Name[i+1:]
		}
	}
	q := packageurl.QualifiersFromMap(qualifiers)
	return packageurl.NewPackageURL(p.Type, namespace, name, version, q, "").ToString()
}

// distributionQualifiers adds the qualifiers of a distribution package to q, and
// returns the version without the epoch if that is one of them.
func distributionQualifiers(p landwaiter.Package, os landwaiter.OSRelease, q map[string]string) string {
	version := p.Version
	if p.Type == "rpm" {
		if epoch, rest, ok := strings.Cut(version, ":"); ok {
			q["epoch"], version = epoch, rest
		}
	}
	if os.ID != "" && os.Version != "" {
		q["distro"] = os.ID + "-" + os.Version
	}
	more := map[string]string{"arch": p.Arch, "rpmmod": p.Modularity, "upstream": upstream(p, q["epoch"])}
	for key, value := range more {
		if value != "" {
			q[key] = value
		}
	}
	return version
}

// upstream returns the qualifier for the source package: "name@version", or only the
// name if the version is that of the binary package. For an RPM it is the file name of
// the source RPM, which has no epoch. It is "" if name and version are those of the
// binary package.
func upstream(p landwaiter.Package, epoch string) string {
	name, version := p.SourceName, p.SourceVersion
	if name == "" || name == p.Name && (version == p.Version || version == "") {
		return ""
	}
	if p.Type == "rpm" {
		file := version
		if epoch != "" {
			file = strings.TrimPrefix(version, epoch+":")
		}
		if strings.Count(file, "-") == 1 && withEpoch(epoch, file) == version {
			return name + "-" + file + sourceRPM
		}
	}
	if version == p.Version || version == "" {
		return name
	}
	return name + "@" + version
}

const sourceRPM = ".src.rpm"

// source parses what upstream returns. The version is "" if it is that of the binary
// package.
func source(upstream, epoch string) (name, version string) {
	if file, ok := strings.CutSuffix(upstream, sourceRPM); ok {
		if release := strings.LastIndexByte(file, '-'); release > 0 {
			if v := strings.LastIndexByte(file[:release], '-'); v > 0 {
				return file[:v], withEpoch(epoch, file[v+1:])
			}
		}
		return "", ""
	}
	if i := strings.LastIndexByte(upstream, '@'); i > 0 {
		return upstream[:i], upstream[i+1:]
	}
	return upstream, ""
}

// withEpoch adds an epoch to a version unless it is 0, as rpm does.
func withEpoch(epoch, version string) string {
	if epoch == "" || epoch == "0" || version == "" || strings.Contains(version, ":") {
		return version
	}
	return epoch + ":" + version
}
