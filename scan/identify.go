package scan

import (
	"context"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/config"
	"github.com/landwaiter/landwaiter/match"
	"github.com/landwaiter/landwaiter/sbom"
)

// identify gives the packages of an image what only the whole image can tell:
// the distribution's ecosystem, which may be named in another layer than the
// package database, and the package URL.
//
// What a distribution package brought along has no ecosystem of its own where
// the distribution's advisories are known: they judge it with its owner, and it
// would be found twice.
func identify(pkgs []landwaiter.ImagePackage, os landwaiter.OSRelease) []landwaiter.ImagePackage {
	judged := match.Ecosystem(os, "deb") != "" // apk and rpm would give the same
	for i := range pkgs {
		p := &pkgs[i].Package
		switch {
		case p.Owner != "" && judged:
			p.Ecosystem = ""
		case p.Ecosystem == "":
			p.Ecosystem = match.Ecosystem(os, p.Type)
		}
		p.PURL = sbom.PURL(*p, os)
	}
	return pkgs
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
