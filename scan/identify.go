package scan

import (
	"context"
	"strings"
	"time"

	"github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/config"
	"github.com/landwaiter/landwaiter/match"
)

// identify gives the packages of an image what only the whole image can tell:
// the distribution's ecosystem, which may be named in another layer than the
// package database, and the package URL.
func identify(pkgs []landwaiter.ImagePackage, os landwaiter.OSRelease) []landwaiter.ImagePackage {
	for i := range pkgs {
		p := &pkgs[i].Package
		if p.Ecosystem == "" {
			p.Ecosystem = match.Ecosystem(os, p.Type)
		}
		p.PURL = purl(*p, os)
	}
	return pkgs
}

// purl writes a package URL by the rules of its type
// (https://github.com/package-url/purl-spec/blob/main/PURL-TYPES.rst).
func purl(p landwaiter.Package, os landwaiter.OSRelease) string {
	namespace, name, version := "", p.Name, p.Version
	qualifiers := map[string]string{}
	switch p.Type {
	case "deb", "apk", "rpm":
		namespace = os.ID
		if p.Arch != "" {
			qualifiers["arch"] = p.Arch
		}
		if os.ID != "" && os.Version != "" {
			qualifiers["distro"] = os.ID + "-" + os.Version
		}
	case "maven":
		if group, artifact, ok := strings.Cut(p.Name, ":"); ok {
			namespace, name = group, artifact
		}
	case "golang", "composer", "npm":
		if p.Type == "golang" && name != "stdlib" && version != "" {
			version = "v" + strings.TrimPrefix(version, "v") // OSV leaves it out, the purl does not
		}
		if i := strings.LastIndexByte(p.Name, '/'); i > 0 {
			namespace, name = p.Name[:i], p.Name[i+1:]
		}
	}
	return packageurl.NewPackageURL(p.Type, namespace, name, version, packageurl.QualifiersFromMap(qualifiers), "").ToString()
}

// imageRisks finds the risks that lie in no layer: in the image config, and a
// distribution that gets no updates any more.
func (s *Scanner) imageRisks(ctx context.Context, rep *landwaiter.Report) ([]landwaiter.Risk, error) {
	risks := config.Image(&rep.Config)
	if rep.Distro.ID != "" {
		cycles, err := s.Store.Lifecycles(ctx, rep.Distro.ID)
		if err != nil {
			return nil, err
		}
		if risk, old := config.EOL(rep.Distro, cycles, time.Now()); old {
			risks = append(risks, risk)
		}
	}
	for i := range risks {
		risks[i].State = landwaiter.Present
	}
	return risks, nil
}
