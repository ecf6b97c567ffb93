package scan

import (
	"context"
	"sync"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/config"
	"github.com/landwaiter/landwaiter/match"
	"github.com/landwaiter/landwaiter/sbom"
)

// identify sets the fields of packages that depend on the whole image: the
// distribution's ecosystem, which may be named in another layer than that of the
// package database, and the package URL.
//
// What a distribution package brought along has no ecosystem of its own where
// the package is one of those that the distribution's advisories judge, or it
// would be found twice.
func (s *Scanner) identify(
	pkgs []landwaiter.ImagePackage, os landwaiter.OSRelease, judged map[string]bool,
) []landwaiter.ImagePackage {
	for i := range pkgs {
		p := &pkgs[i].Package
		switch {
		case judged[p.Owner]:
			p.Ecosystem = ""
		case p.Ecosystem == "":
			p.Ecosystem = match.Ecosystem(os, p.Type)
		}
		p.PURL = s.purls.of(*p, os)
	}
	return pkgs
}

// maxPURLs bounds the package URLs that are remembered, at some 500 bytes each.
const maxPURLs = 8192

// purlCache remembers package URLs: the images of a fleet have most packages in
// common, and without it, their URLs took a tenth of the scan of a known image.
// The zero value is empty. It is safe for concurrent use.
type purlCache struct {
	mu sync.Mutex
	m  map[purlKey]string
}

type purlKey struct {
	pkg landwaiter.Package
	os  landwaiter.OSRelease
}

func (c *purlCache) of(p landwaiter.Package, os landwaiter.OSRelease) string {
	key := purlKey{p, os}
	key.pkg.Path, key.pkg.Owner, key.pkg.PURL = "", "", ""
	key.pkg.Vendor, key.pkg.Origin = "", ""
	c.mu.Lock()
	defer c.mu.Unlock()
	if purl, ok := c.m[key]; ok {
		return purl
	}
	if c.m == nil || len(c.m) == maxPURLs {
		c.m = map[purlKey]string{}
	}
	purl := sbom.PURL(p, os)
	c.m[key] = purl
	return purl
}

// imageRisks finds the risks that lie in no layer: those of the image
// configuration, and a distribution that is out of support. What it could not
// look at goes to the report's coverage.
func (s *Scanner) imageRisks(ctx context.Context, rep *landwaiter.Report) ([]landwaiter.Risk, error) {
	risks, missed := config.Image(&rep.Config)
	if missed != "" {
		rep.Coverage = append(rep.Coverage, landwaiter.Coverage{
			Analyser: landwaiter.AnalyserConfig, State: landwaiter.Partial, Reason: missed,
		})
	}
	if rep.Distro.ID != "" {
		cycles, err := s.Store.Advisories.Lifecycles(ctx, rep.Distro.ID)
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
