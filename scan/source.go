package scan

import (
	"cmp"
	"context"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/match"
)

// nameSources gives Debian packages the source package that their database does
// not name: that of chisel has binary packages alone. Advisories list the binaries
// of each source; a package that none lists counts as its own source. The version
// is taken for the source's, which is so but for a few metapackages.
func (s *Scanner) nameSources(
	ctx context.Context, pkgs []landwaiter.ImagePackage, os landwaiter.OSRelease,
) error {
	var names []string
	for i := range pkgs {
		if p := &pkgs[i]; p.Type == "deb" && p.SourceName == "" {
			names = append(names, p.Name)
		}
	}
	ecosystem := match.Ecosystem(os, "deb")
	if len(names) == 0 {
		return nil
	}
	sources := map[string]string{}
	if ecosystem != "" {
		var err error
		if sources, err = s.Store.Advisories.Sources(ctx, ecosystem, names); err != nil {
			return err
		}
	}
	for i := range pkgs {
		if p := &pkgs[i]; p.Type == "deb" && p.SourceName == "" {
			p.SourceName, p.SourceVersion = cmp.Or(sources[p.Name], p.Name), p.Version
		}
	}
	return nil
}
