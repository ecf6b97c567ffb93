package manifest

import (
	"context"
	"errors"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/syntax"
)

// document reads a document that is one object.
func document(j *syntax.JSON, f func(key []byte) error) error {
	ok, err := j.Object(f)
	if err == nil && !ok {
		err = errors.New("not an object")
	}
	if err != nil {
		return err
	}
	return j.End()
}

// field is a string field that an entry is asked for.
type field struct {
	name string
	to   *string
}

// fields reads string fields of an object. ok is false when the value is no object
// or a field that is asked for is another value than a string or null.
func fields(j *syntax.JSON, want ...field) (ok bool, err error) {
	wrong := false
	ok, err = j.Object(func(key []byte) error {
		for _, w := range want {
			if string(key) != w.name {
				continue
			}
			null, err := j.Null()
			if err != nil || null {
				return err
			}
			text, isString, err := j.String()
			*w.to, wrong = text, wrong || err == nil && !isString
			return err
		}
		return nil
	})
	return ok && !wrong, err
}

// ComposerLock reads the lock file of Composer.
func ComposerLock(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	var f found
	return f.end(document(j, func(key []byte) error {
		switch string(key) {
		case "packages", "packages-dev":
			return composerPackages(j, &f, string(key) == "packages-dev")
		}
		return nil
	}))
}

func composerPackages(j *syntax.JSON, f *found, dev bool) error {
	_, err := j.Array(func() error {
		var name, version, kind, place string
		ok := true
		is, err := j.Object(func(key []byte) (err error) {
			isString := true
			switch string(key) {
			case "name":
				name, isString, err = j.String()
			case "version":
				version, isString, err = j.String()
			case "dist", "source":
				k, p := "", ""
				_, err = fields(j, field{"type", &k}, field{"url", &p})
				if string(key) == "dist" || kind == "" {
					kind, place = k, p
				}
			}
			ok = ok && isString
			return err
		})
		ok = ok && is
		if err == nil && !ok {
			f.wrong("a package without name or version (%s)", some(name))
		} else if err == nil {
			f.addFrom(composerOrigin(kind, place), strings.ToLower(name), version, dev)
		}
		return err
	})
	return err
}

// composerOrigin is where a package comes from by its dist or source. Packagist
// has no archives: it refers to those of GitHub and others.
func composerOrigin(kind, place string) string {
	if kind == "path" {
		return landwaiter.OriginLocal
	}
	if origin := originOf(place); origin == landwaiter.OriginLocal {
		return origin
	}
	return ""
}

// ComposerInstalled reads what Composer installed in a vendor directory. Version
// 2 writes an object, version 1 wrote the list of packages alone.
func ComposerInstalled(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	var f found
	dev := map[string]bool{}
	member := func(key []byte) (err error) {
		switch string(key) {
		case "packages":
			err = composerPackages(j, &f, false)
		case "dev-package-names":
			_, err = j.Array(func() error {
				name, _, err := j.String()
				dev[strings.ToLower(name)] = true
				return err
			})
		}
		return err
	}
	var err error
	if strings.HasPrefix(strings.TrimSpace(string(data[:min(len(data), 64)])), "[") {
		err = composerPackages(j, &f, false)
	} else {
		err = document(j, member)
	}
	for i := range f.pkgs {
		f.pkgs[i].Dev = dev[f.pkgs[i].Name]
	}
	return f.end(err)
}

// PipfileLock reads the lock file of Pipenv. All versions are pinned ("==1.0").
func PipfileLock(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	var f found
	if len(strings.TrimSpace(string(data[:min(len(data), 64)]))) == 0 && len(data) <= 64 {
		return nil, nil
	}
	return f.end(document(j, func(key []byte) error {
		group := string(key)
		if group != "default" && group != "develop" {
			return nil
		}
		_, err := j.Object(func(key []byte) error {
			name, version := string(key), ""
			ok, err := fields(j, field{"version", &version})
			if err == nil && !ok {
				f.wrong("%s has no version", some(name))
			}
			if pinned, is := strings.CutPrefix(version, "=="); is && err == nil {
				f.add(name, pinned, group == "develop")
			}
			return err
		})
		return err
	}))
}

// NuGetDeps reads the .deps.json of a .NET application: what its build put beside
// it. The application itself has the type project; the runtime, where it is part
// of the application, has a prefix before its name. Other programs have files of
// that name; what is no object is none.
func NuGetDeps(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	var f found
	libraries := false
	ok, err := j.Object(func(key []byte) error {
		if string(key) != "libraries" {
			return nil
		}
		libraries = true
		_, err := j.Object(func(key []byte) error {
			place, kind := string(key), ""
			_, err := fields(j, field{"type", &kind})
			if place = strings.TrimPrefix(place, "runtimepack."); kind != "project" && err == nil {
				slashed(&f, place)
			}
			return err
		})
		return err
	})
	if !ok && err == nil {
		return nil, nil
	}
	if err == nil {
		err = j.End()
	}
	if err == nil && !libraries {
		err = errors.New("no libraries in it")
	}
	return f.end(err)
}

// slashed adds what is called "name/version".
func slashed(f *found, place string) {
	if name, version, _ := strings.Cut(place, "/"); !strings.Contains(version, "/") {
		f.add(name, version, false)
	}
}

// NuGetLock reads packages.lock.json.
func NuGetLock(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	var f found
	return f.end(document(j, func(key []byte) error {
		if string(key) != "dependencies" {
			return nil
		}
		_, err := j.Object(func([]byte) error { // for each framework
			_, err := j.Object(func(key []byte) error {
				name, version := string(key), ""
				ok, err := fields(j, field{"resolved", &version})
				if err == nil && !ok {
					f.wrong("%s has no version", some(name))
				} else if err == nil {
					f.add(name, version, false)
				}
				return err
			})
			return err
		})
		return err
	}))
}

// ProjectAssets reads project.assets.json, which NuGet writes when it restores the
// packages of a project: those of each target, what they depend on, and all that
// are used.
func ProjectAssets(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	var f found
	library := func(key []byte) error {
		place, kind := string(key), ""
		_, err := j.Object(func(key []byte) (err error) {
			switch string(key) {
			case "type":
				kind, _, err = j.String()
			case "dependencies":
				_, err = j.Object(func(key []byte) error {
					name := string(key)
					version, _, err := j.String()
					f.add(name, version, false)
					return err
				})
			}
			return err
		})
		if err == nil && kind == "package" {
			slashed(&f, place)
		}
		return err
	}
	return f.end(document(j, func(key []byte) (err error) {
		switch string(key) {
		case "libraries":
			_, err = j.Object(library)
		case "targets":
			_, err = j.Object(func([]byte) error {
				_, err := j.Object(library)
				return err
			})
		}
		return err
	}))
}

// RLock reads the packages of CRAN in renv.lock.
func RLock(ctx context.Context, data []byte) ([]Package, error) {
	j := syntax.NewJSON(ctx, data)
	var f found
	return f.end(document(j, func(key []byte) error {
		if string(key) != "Packages" {
			return nil
		}
		_, err := j.Object(func(key []byte) error {
			place := string(key)
			var name, version, repository string
			ok, err := fields(j, field{"Package", &name}, field{"Version", &version}, field{"Repository", &repository})
			if err == nil && !ok {
				f.wrong("%s has no version", some(place))
			} else if err == nil && repository == "CRAN" {
				f.add(name, version, false)
			}
			return err
		})
		return err
	}))
}
