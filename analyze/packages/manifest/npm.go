package manifest

import (
	"cmp"
	"context"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/syntax"
)

// npmEntry is one package of a package-lock.json, of any version.
type npmEntry struct {
	name, version, resolved    string
	dev, optional, both, local bool
	wrong                      bool // a version that is no string
}

// development: optional packages are installed without development, too.
func (e npmEntry) development() bool { return e.dev && !e.optional && !e.both }

// origin is where the package at a place comes from. What is not in node_modules
// is a member of the workspace.
func (e npmEntry) origin(place string) string {
	if !strings.HasPrefix(place, "node_modules/") && !strings.Contains(place, "/node_modules/") {
		return landwaiter.OriginProject
	}
	return originOf(e.resolved)
}

// NPMLock reads package-lock.json and npm-shrinkwrap.json
// (https://docs.npmjs.com/cli/configuring-npm/package-lock-json). Versions 2 and 3
// have all packages in "packages"; version 1 nests them in "dependencies", which 2
// repeats.
func NPMLock(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	packages, dependencies := -1, -1
	var f found
	err := document(j, func(key []byte) error {
		null, err := j.Null()
		switch string(key) {
		case "packages":
			if !null {
				packages = j.Pos()
			}
		case "dependencies":
			dependencies = j.Pos()
		}
		return err
	})
	var again error // the same, when the walk over the document had one
	switch {
	case packages >= 0:
		again = npmPackages(j.At(packages), &f)
	case dependencies >= 0:
		again = npmDependencies(j.At(dependencies), &f)
	}
	return f.end(cmp.Or(err, again))
}

func npmPackages(j *syntax.JSON, f *found) error {
	_, err := j.Object(func(key []byte) error {
		place := string(key)
		var e npmEntry
		err := e.read(j, nil)
		switch {
		case e.wrong:
			f.wrong("%s has no version", some(place))
		case place != "" && !e.local && err == nil:
			if e.name == "" {
				e.name = npmName(place)
			}
			f.addFrom(e.origin(place), e.name, e.version, e.development())
		}
		return err
	})
	return err
}

// npmDependencies calls itself for nested dependencies, which the reader limits.
func npmDependencies(j *syntax.JSON, f *found) error {
	var walk func(key []byte) error
	walk = func(key []byte) error {
		name := string(key)
		var e npmEntry
		err := e.read(j, walk)
		if err == nil {
			npmDependency(name, e, f)
		}
		return err
	}
	_, err := j.Object(walk)
	return err
}

// npmDependency adds an entry of version 1. One that is aliased has the version
// "npm:name@version"; one that comes from elsewhere has its place for a version.
func npmDependency(name string, e npmEntry, f *found) {
	version := e.version
	if alias, ok := strings.CutPrefix(version, "npm:"); ok {
		at := strings.LastIndexByte(alias, '@')
		if at <= 0 {
			f.wrong("%s has the version %q, an alias without one", some(name), some(version))
			return
		}
		name, version = alias[:at], alias[at+1:]
	}
	switch {
	case e.wrong:
		f.wrong("%s has no version", some(name))
	case !strings.ContainsAny(version, ":/"):
		f.addFrom(originOf(e.resolved), name, version, e.development())
	}
}

// read reads the fields of an entry; nested gets the keys of its dependencies.
func (e *npmEntry) read(j *syntax.JSON, nested func([]byte) error) error {
	ok, err := j.Object(func(key []byte) (err error) {
		switch string(key) {
		case "name":
			e.name, _, err = j.String()
		case "version":
			var isString bool
			e.version, isString, err = j.String()
			e.wrong = !isString
		case "resolved":
			e.resolved, _, err = j.String()
		case "dev":
			e.dev, err = j.True()
		case "optional":
			e.optional, err = j.True()
		case "devOptional", "inBundle":
			var set bool
			set, err = j.True()
			e.both = e.both || set
		case "link":
			e.local, err = j.True()
		case "dependencies":
			if nested != nil {
				_, err = j.Object(nested)
			}
		}
		return err
	})
	e.wrong = e.wrong || !ok && err == nil
	return err
}

// npmName makes "@scope/name" of "node_modules/a/node_modules/@scope/name".
func npmName(place string) string {
	dir, name := path.Split(place)
	if scope := path.Base(dir); strings.HasPrefix(scope, "@") {
		return scope + "/" + name
	}
	return name
}

// BunLock reads the text lock file of Bun (https://bun.com/docs/pm/lockfile):
// JSON with comments and commas at the end. An entry is a list that begins with
// "name@version"; those of git, of files and of URLs have no version.
func BunLock(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSONC(ctx, data)
	var f found
	entry := func(key []byte) error {
		first, registry, is, n := "", "", false, 0
		_, err := j.Array(func() (err error) {
			switch n++; n {
			case 1:
				first, is, err = j.String()
			case 2:
				registry, _, err = j.String()
			}
			return err
		})
		if err != nil {
			return err
		}
		if !is {
			f.wrong("%s names no package", some(key))
			return nil
		}
		if name, version := splitAt(first); !strings.ContainsAny(version, ":/#@") {
			f.addFrom(originOf(registry), name, version, false)
		}
		return nil
	}
	return f.end(document(j, func(key []byte) (err error) {
		if string(key) == "packages" {
			_, err = j.Object(entry)
		}
		return err
	}))
}

// splitAt splits "@scope/name@version" at the second sign.
func splitAt(s string) (name, version string) {
	if at := strings.IndexByte(s[min(1, len(s)):], '@') + 1; at > 0 {
		return s[:at], s[at+1:]
	}
	return s, ""
}

// DenoLock reads the packages of npm in a lock file of Deno: named
// "name@version", with a suffix for each choice of peers ("a@1.0.0_b@2.0.0").
// Versions 4 and 5 have them under "npm", 3 under "packages", 2 the other way
// round. Packages of JSR have no advisories.
func DenoLock(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	var f found
	entries := func(other string, nested func([]byte) error) func([]byte) error {
		return func(key []byte) error {
			if nested != nil && string(key) == other {
				_, err := j.Object(nested)
				return err
			}
			name, version := splitAt(string(key))
			version, _, _ = strings.Cut(version, "_")
			f.add(name, version, false)
			return nil
		}
	}
	list := entries("", nil)
	return f.end(document(j, func(key []byte) (err error) {
		switch string(key) {
		case "npm":
			_, err = j.Object(entries("packages", list))
		case "packages":
			_, err = j.Object(func(key []byte) (err error) {
				if string(key) == "npm" {
					_, err = j.Object(list)
				}
				return err
			})
		}
		return err
	}))
}
