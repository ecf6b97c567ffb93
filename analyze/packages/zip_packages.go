package packages

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/packages/manifest"
	"github.com/landwaiter/landwaiter/analyze/packages/zipdir"
)

// maxZippedPackageJSON bounds a package.json in Yarn's cache, in bytes.
const maxZippedPackageJSON = 1 << 20

// scriptOrZip is for archives that a line for the interpreter may precede.
func scriptOrZip(head []byte) bool { return zipMagic(head) || bytes.HasPrefix(head, []byte("#!")) }

// readYarnCache reads the package.json of the package that Yarn zipped, as it
// does for Plug'n'Play: node_modules/NAME/package.json.
func readYarnCache(ctx context.Context, in input) ([]landwaiter.Package, error) {
	a, err := zipdir.Open(in.Data, in.Size)
	if err != nil {
		return nil, err
	}
	var g found
	u := unpacker{left: maxUnpacked}
	err = a.Each(ctx, func(e *zipdir.Entry) error {
		if !isZippedPackage(string(e.Name)) {
			return nil
		}
		data, err := u.ReadAll(a, e, maxZippedPackageJSON)
		if err != nil {
			g.spoiled("%s: %w", e.Name, err)
			return ctx.Err()
		}
		if u.left -= max(entryCost, int64(len(data))); u.left < 0 {
			return errUnpacked
		}
		pkgs, err := readText(ctx, "npm", manifest.PackageJSON, &File{
			Path: in.Path, Size: int64(len(data)), Data: bytes.NewReader(data), Whole: data,
		})
		if err != nil {
			g.spoiled("%s: %w", e.Name, err)
		}
		for _, p := range pkgs {
			err = errors.Join(err, g.add(p))
		}
		if errors.Is(err, errFound) {
			return errFound
		}
		return ctx.Err()
	})
	return g.result(err)
}

// isZippedPackage reports whether an entry is the package.json of a package, not
// one that lies deeper in it.
func isZippedPackage(name string) bool {
	dir, ok := strings.CutSuffix(name, "/package.json")
	dir, in := strings.CutPrefix(dir, "node_modules/")
	if at := strings.LastIndex(dir, "/node_modules/"); at >= 0 {
		dir = dir[at+len("/node_modules/"):]
	}
	slashes := strings.Count(dir, "/")
	return ok && in && (slashes == 0 || slashes == 1 && strings.HasPrefix(dir, "@"))
}

// readUnpackedJar reads the pom.properties of an archive that was unpacked.
func readUnpackedJar(ctx context.Context, in input) ([]landwaiter.Package, error) {
	var pom pomReader
	if err := eachLine(ctx, in.reader(), pom.line); err != nil {
		return nil, err
	}
	if p, ok := pom.pkg(in.Path); ok && pom.valid() {
		return []landwaiter.Package{p}, nil
	}
	return nil, errNoName
}
