package scan

import (
	"path"

	"github.com/landwaiter/landwaiter"
)

// release names what registries publish once.
type release struct{ kind, name, version string }

// shareOrigins gives installed packages the origin that the lock files of the image
// say. A package from a repository or another registry looks like any other in
// node_modules; the lock file beside it knows. Where one lock file has it from the
// public registry, it counts as the registry's.
func shareOrigins(pkgs []landwaiter.ImagePackage) {
	locked := map[release]string{}
	public := map[release]bool{}
	for i := range pkgs {
		p := &pkgs[i].Package
		r := release{p.Type, p.Name, p.Version}
		switch {
		case landwaiter.IsDistribution(p.Type) || isInstalledCopy(p.Path):
		case p.Origin == "":
			public[r] = true
		case p.Origin != landwaiter.OriginProject:
			locked[r] = p.Origin
		}
	}
	if len(locked) == 0 {
		return
	}
	for i := range pkgs {
		p := &pkgs[i].Package
		r := release{p.Type, p.Name, p.Version}
		if p.Origin == "" && !public[r] && isInstalledCopy(p.Path) {
			p.Origin = locked[r]
		}
	}
}

// isInstalledCopy reports whether a file belongs to an installed package, which
// does not say where it is from.
func isInstalledCopy(file string) bool {
	switch path.Base(file) {
	case "package.json", "METADATA", "PKG-INFO":
		return true
	}
	return path.Ext(file) == ".gemspec"
}
