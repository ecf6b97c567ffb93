package sbom

import (
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter"
)

// separators stand between namespace and name in the names of OSV, where it is
// not a slash.
var separators = map[string]string{"maven": ":", "vscode-extension": "."}

// PURL writes the package URL of a package of an image with this distribution,
// by the rules of its type
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

// distributionQualifiers adds the qualifiers of a package of a distribution
// and returns its version without what they say.
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

// upstream names the source package: "name@version", without the version when
// it is the binary's, or for an RPM the file name of the source RPM, which has
// no epoch. It is empty when name and version are the binary's.
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

// source undoes upstream. The version is empty when it is the binary's.
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

// withEpoch writes an epoch only when it counts, as rpm does.
func withEpoch(epoch, version string) string {
	if epoch == "" || epoch == "0" || version == "" || strings.Contains(version, ":") {
		return version
	}
	return epoch + ":" + version
}
