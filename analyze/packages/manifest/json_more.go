package manifest

import (
	"context"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter/syntax"
)

// ConanLock reads the lock file of Conan: references in lists, and in a graph
// before version 0.5.
func ConanLock(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	var f found
	return f.end(document(j, func(key []byte) (err error) {
		switch group := string(key); group {
		case "requires", "build_requires", "python_requires":
			_, err = j.Array(func() error {
				ref, ok, err := j.String()
				if err == nil && !ok {
					f.wrong("an entry of %s that is no reference", group)
				}
				conanPackage(&f, ref, group == "build_requires")
				return err
			})
		case "graph_lock":
			_, err = j.Object(func(key []byte) (err error) {
				if string(key) == "nodes" {
					_, err = j.Object(func(key []byte) error { return conanNode(j, &f, string(key)) })
				}
				return err
			})
		}
		return err
	}))
}

// conanNode takes a node of the graph, unless it is the user's own recipe. Before
// Conan 1.28 it has a pref, which names the built package, too.
func conanNode(j *syntax.JSON, f *found, key string) error {
	var pref, ref, path string
	ok, err := fields(j, field{"pref", &pref}, field{"ref", &ref}, field{"path", &path})
	switch {
	case err != nil:
	case !ok:
		f.wrong("node %s is none", some(key))
	case path != "":
	case pref != "":
		conanPackage(f, pref, false)
	default:
		conanPackage(f, ref, false)
	}
	return err
}

// conanPackage takes a reference: name/version[@user[/channel]][#revision][:package][%time].
func conanPackage(f *found, ref string, dev bool) {
	if end := strings.IndexAny(ref, "%:#@"); end >= 0 {
		ref = ref[:end]
	}
	if name, version, ok := strings.Cut(ref, "/"); ok {
		f.add(name, version, dev)
	}
}

// SwiftResolved reads the lock file of Swift's package manager. Version 1 has the
// pins in an object, and calls the location repositoryURL. Advisories know a
// package by its location; what comes from a registry has none.
func SwiftResolved(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	var f found
	pins := func() error {
		_, err := j.Array(func() error { return swiftPin(j, &f) })
		return err
	}
	return f.end(document(j, func(key []byte) (err error) {
		switch string(key) {
		case "pins":
			err = pins()
		case "object":
			_, err = j.Object(func(key []byte) error {
				if string(key) == "pins" {
					return pins()
				}
				return nil
			})
		}
		return err
	}))
}

func swiftPin(j *syntax.JSON, f *found) error {
	var location, version string
	good := true
	ok, err := j.Object(func(key []byte) (err error) {
		switch string(key) {
		case "location", "repositoryURL":
			var is bool
			location, is, err = j.String()
			good = good && is
		case "state":
			var is bool
			is, err = fields(j, field{"version", &version})
			good = good && is
		}
		return err
	})
	if err == nil && (!ok || !good) {
		f.wrong("a pin without location or version (%s)", some(location))
	} else if err == nil {
		f.add(swiftName(location), version, false)
	}
	return err
}

// swiftName makes "github.com/apple/swift-nio" of the location of a repository.
func swiftName(location string) string {
	if rest, ok := strings.CutPrefix(location, "git@"); ok {
		location = strings.Replace(rest, ":", "/", 1)
	}
	if _, rest, ok := strings.Cut(location, "://"); ok {
		location = strings.TrimPrefix(rest, "git@")
	}
	return strings.TrimSuffix(strings.TrimSuffix(location, "/"), ".git")
}

// Conda reads the record that conda keeps of an installed package in conda-meta
// (https://docs.conda.io/projects/conda/en/stable/dev-guide/). Its names are
// conda's own: the "openssl" of conda is no package of PyPI. What conda installs
// for Python has a dist-info directory, too.
func Conda(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	var f found
	var name, version string
	ok, err := fields(j, field{"name", &name}, field{"version", &version})
	if err == nil && !ok {
		f.wrong("no name or version of a package")
	}
	f.add(name, version, false)
	return f.end(err)
}

// Bitnami reads the SPDX document that Bitnami puts beside each component of its
// images (/opt/bitnami/nginx/.spdx-nginx.spdx): JSON, in spite of its name. Only
// packages of Bitnami count; the modules that it lists beside them are found where
// they lie.
func Bitnami(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	var f found
	reference := func() error {
		var kind, locator string
		ok, err := fields(j, field{"referenceType", &kind}, field{"referenceLocator", &locator})
		if err == nil && !ok {
			f.wrong("a reference of a package that is none")
		}
		if kind != "purl" || !strings.HasPrefix(locator, "pkg:bitnami/") {
			return err
		}
		if u, parseErr := packageurl.FromString(locator); parseErr == nil {
			f.add(u.Name, u.Version, false)
		} else {
			f.wrong("%s: %w", some(locator), parseErr)
		}
		return err
	}
	return f.end(document(j, func(key []byte) error {
		if string(key) != "packages" {
			return nil
		}
		_, err := j.Array(func() error {
			_, err := j.Object(func(key []byte) (err error) {
				if string(key) == "externalRefs" {
					_, err = j.Array(reference)
				}
				return err
			})
			return err
		})
		return err
	}))
}
