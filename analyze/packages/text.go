package packages

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/packages/manifest"
	"github.com/landwaiter/landwaiter/match"
)

// fromText makes a reader of one of package manifest. purlType is the type of the
// packages that do not say theirs.
func fromText(purlType string, read manifest.Reader) reader {
	return func(ctx context.Context, in input) ([]landwaiter.Package, error) {
		return readText(ctx, purlType, read, in.File)
	}
}

func readText(ctx context.Context, purlType string, read manifest.Reader, f *File) ([]landwaiter.Package, error) {
	data, err := f.readUpTo(maxManifest)
	if err != nil {
		return nil, err
	}
	found, err := read(ctx, data)
	pkgs := make([]landwaiter.Package, 0, len(found))
	odd := 0
	for _, p := range found {
		if p.Type == "" {
			p.Type = purlType
		}
		if !plausible(p.Name) || !plausible(p.Version) {
			odd++
			continue
		}
		pkg := landwaiter.Package{
			Type: p.Type, Ecosystem: ecosystem(p.Type), Name: p.Name, Version: p.Version, Dev: p.Dev, Path: f.Path,
			Origin: p.Origin,
		}
		if p.Type == "pypi" {
			pkg.Name = match.NormalName(pkg.Ecosystem, p.Name)
		}
		pkgs = append(pkgs, pkg)
	}
	if odd > 0 {
		err = errors.Join(err, fmt.Errorf("%d packages with unprintable or overlong names or versions were left out", odd))
	}
	return pkgs, err
}

// readPackageJSON passes over the sources of extensions for Visual Studio Code.
func readPackageJSON(ctx context.Context, in input) ([]landwaiter.Package, error) {
	pkgs, err := readText(ctx, "npm", manifest.PackageJSON, in.File)
	if len(pkgs) > 0 && pkgs[0].Type == manifest.VSCode && !strings.Contains(in.Path, "extensions/") {
		return nil, err
	}
	for i := range pkgs {
		if pkgs[i].Type == "npm" && !isRegistryCopy(in.Path) {
			pkgs[i].Origin = landwaiter.OriginProject
		}
	}
	return pkgs, err
}

// npmCaches are directories beside node_modules into which package managers
// unpack what registries serve: those of Bun and Deno.
var npmCaches = [...]string{"node_modules/", "install/cache/", "npm/registry.npmjs.org/"}

// isRegistryCopy reports whether a package.json is where package managers unpack
// packages. One elsewhere is that of an application or of a part of its workspace.
func isRegistryCopy(file string) bool {
	for _, dir := range npmCaches {
		if _, ok := within(file, dir); ok {
			return true
		}
	}
	return false
}

// readGemspec tells installed gems from one that is developed where it lies.
// RubyGems has the specifications of what it installed in a directory of that
// name, and unpacks into gems/NAME-VERSION.
func readGemspec(ctx context.Context, in input) ([]landwaiter.Package, error) {
	pkgs, err := readText(ctx, "gem", manifest.Gemspec, in.File)
	if _, ok := within(in.Path, "specifications/"); ok || isInstalled(in.Path) {
		return pkgs, err
	}
	for i := range pkgs {
		pkgs[i].Origin = landwaiter.OriginProject
	}
	return pkgs, err
}

// onePackage makes a language package, or none of what is no name and version.
func onePackage(purlType, name, version string, f *File) []landwaiter.Package {
	if !plausible(name) || !plausible(version) {
		return nil
	}
	return []landwaiter.Package{{
		Type: purlType, Ecosystem: ecosystem(purlType), Name: name, Version: version, Path: f.Path,
	}}
}
