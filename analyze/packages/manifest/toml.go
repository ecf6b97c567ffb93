package manifest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/syntax"
)

// tomlPackage is one package of a lock file in TOML. Which fields a format has is
// for its reader to say.
type tomlPackage struct {
	name, version string
	optional      bool
	groups        []string
	origin        string
	virtual       string          // of its source: "." is the project itself
	extras        map[string]bool // of uv, by package: all groups that want it are development's
}

// tomlFormat is what formats in TOML differ in.
type tomlFormat struct {
	table string // the array of tables that packages are in
	// pair takes a pair of the package, in the table below it that is named first
	// ("" for its own).
	pair func(t *syntax.TOML, p *tomlPackage, table string, key [][]byte)
	// done adds the package.
	done func(f *found, p tomlPackage)
	// last, if set, is told of the last package before anything is returned.
	last func(f *found, p tomlPackage)
}

// read reads packages that are an array of tables.
func (format tomlFormat) read(ctx context.Context, data []byte) ([]Package, error) {
	t := syntax.NewTOML(ctx, data)
	var f found
	var p tomlPackage
	begun, inside, table := false, false, ""
	for {
		kind, key, err := t.Next()
		if err != nil {
			format.finish(&f, p, begun)
			return format.end(&f, p, t, err)
		}
		switch {
		case kind == syntax.ArrayTable && len(key) == 1 && string(key[0]) == format.table:
			format.finish(&f, p, begun)
			p, begun, inside, table = tomlPackage{}, true, true, ""
		case kind != syntax.Pair:
			inside = len(key) > 1 && string(key[0]) == format.table
			if inside {
				table = string(key[1])
			}
		case inside && table == "" && len(key) == 1 && string(key[0]) == "name":
			f.text(t, &p.name, "name")
		case inside && table == "" && len(key) == 1 && string(key[0]) == "version":
			f.text(t, &p.version, "version")
		case inside && format.pair != nil:
			format.pair(t, &p, table, key)
		}
	}
}

// end returns what was found when the document has ended, or cannot be read on.
func (format tomlFormat) end(f *found, last tomlPackage, t *syntax.TOML, err error) ([]Package, error) {
	if format.last != nil {
		format.last(f, last)
	}
	f.wrongs(t.Bad())
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return f.end(err)
}

// finish adds the package that has begun. One whose name was wrong is told already.
func (format tomlFormat) finish(f *found, p tomlPackage, begun bool) {
	if begun && p.name == "" && f.bad == 0 {
		f.wrong("a package without a name")
	}
	format.done(f, p)
}

// text takes the string of a pair, which a table may have once.
func (f *found) text(t *syntax.TOML, to *string, what string) {
	if s, ok := t.String(); !ok {
		f.wrong("a %s that is no string", what)
	} else if *to != "" {
		f.wrong("%s has a second %s", some(*to), what)
	} else {
		*to = s
	}
}

func addTOML(f *found, p tomlPackage) { f.addFrom(p.origin, p.name, p.version, false) }

// CargoLock reads Cargo.lock. Members of the workspace and crates on disk have no
// source.
func CargoLock(ctx context.Context, data []byte) ([]Package, error) {
	return tomlFormat{
		table: "package",
		pair: func(t *syntax.TOML, p *tomlPackage, table string, key [][]byte) {
			if table != "" || len(key) != 1 || string(key[0]) != "source" {
				return
			}
			switch source, _ := t.String(); source {
			case "":
			case "registry+https://github.com/rust-lang/crates.io-index":
				p.origin = "crates.io"
			default:
				p.origin = cmp.Or(originOf(source), "crates.io")
			}
		},
		done: func(f *found, p tomlPackage) {
			switch p.origin {
			case "":
				p.origin = landwaiter.OriginProject
			case "crates.io":
				p.origin = ""
			}
			addTOML(f, p)
		},
	}.read(ctx, data)
}

// pythonSources are the words of lock files for sources that are no index.
var pythonSources = map[string]string{
	"git": landwaiter.OriginGit, "vcs": landwaiter.OriginGit, "hg": landwaiter.OriginGit, "revision": landwaiter.OriginGit,
	"file": landwaiter.OriginLocal, "directory": landwaiter.OriginLocal, "path": landwaiter.OriginLocal,
	"editable": landwaiter.OriginProject, "virtual": landwaiter.OriginProject,
	"url": landwaiter.OriginURL, "archive": landwaiter.OriginURL,
}

// pythonSource takes a field that says where a package of Python comes from: the
// word for the kind, or the index.
func (p *tomlPackage) pythonSource(word, index string) {
	if origin, ok := pythonSources[word]; ok {
		p.origin = origin
	} else if p.origin == "" {
		p.origin = originOf(index)
	}
}

// PoetryLock reads poetry.lock. A package of the group main, or of none, is no
// development package; an optional one is in no group.
func PoetryLock(ctx context.Context, data []byte) ([]Package, error) {
	return tomlFormat{
		table: "package", pair: poetryPair,
		done: func(f *found, p tomlPackage) {
			f.addFrom(p.origin, p.name, p.version, !p.optional && developmentOnly(p.groups))
		},
	}.read(ctx, data)
}

func poetryPair(t *syntax.TOML, p *tomlPackage, table string, key [][]byte) {
	if table == "source" && len(key) == 1 { // of poetry; "type" is a word, "url" the place
		switch word, _ := t.String(); string(key[0]) {
		case "type":
			p.pythonSource(word, "")
		case "url":
			p.pythonSource("", word)
		}
		return
	}
	if table != "" || len(key) != 1 {
		return
	}
	switch string(key[0]) {
	case "optional":
		p.optional = t.True()
	case "git", "path", "url", "revision": // of pdm
		p.pythonSource(string(key[0]), "")
	case "groups":
		t.Strings(p.addGroup)
	}
}

// maxGroups bounds the groups of a package; projects have a handful.
const maxGroups = 100

func (p *tomlPackage) addGroup(group string) {
	if len(p.groups) < maxGroups {
		p.groups = append(p.groups, group)
	}
}

// PDMLock reads pdm.lock. What is in the group dev and not in default is for
// development; other groups are optional.
func PDMLock(ctx context.Context, data []byte) ([]Package, error) {
	return tomlFormat{
		table: "package", pair: poetryPair,
		done: func(f *found, p tomlPackage) {
			f.addFrom(p.origin, p.name, p.version, slices.Contains(p.groups, "dev") && !slices.Contains(p.groups, "default"))
		},
	}.read(ctx, data)
}

// PyLock reads pylock.toml (https://packaging.python.org/en/latest/specifications/pylock-toml/).
func PyLock(ctx context.Context, data []byte) ([]Package, error) {
	return tomlFormat{
		table: "packages",
		pair: func(t *syntax.TOML, p *tomlPackage, table string, key [][]byte) {
			switch name := string(key[0]); {
			case table == "" && len(key) == 1 && name == "index":
				index, _ := t.String()
				p.pythonSource("", index)
			case table != "":
				p.pythonSource(table, "")
			default:
				p.pythonSource(name, "")
			}
		},
		done: addTOML,
	}.read(ctx, data)
}

// UVLock reads uv.lock. The project itself has a virtual source. The last package
// has the groups of optional dependencies of all.
func UVLock(ctx context.Context, data []byte) ([]Package, error) {
	return tomlFormat{
		table: "package", pair: uvPair,
		done: func(f *found, p tomlPackage) {
			if p.virtual != "." {
				addTOML(f, p)
			}
		},
		last: func(f *found, p tomlPackage) {
			for i := range f.pkgs {
				f.pkgs[i].Dev = p.extras[f.pkgs[i].Name]
			}
		},
	}.read(ctx, data)
}

func uvPair(t *syntax.TOML, p *tomlPackage, table string, key [][]byte) {
	name := string(key[0])
	switch {
	case table == "" && name == "source" && len(key) == 1:
		t.Inline(func(key []byte, value string) {
			if string(key) == "virtual" {
				p.virtual = value
			}
			p.pythonSource(string(key), value)
		})
	case table == "optional-dependencies" && len(key) == 1:
		development := developmentGroups[name]
		t.Tables(func(key []byte, value string) {
			if string(key) != "name" {
				return
			}
			if p.extras == nil {
				p.extras = map[string]bool{}
			}
			before, known := p.extras[value]
			p.extras[value] = development && (before || !known)
		})
	}
}

// developmentGroups are what tools call the groups that production does without.
var developmentGroups = map[string]bool{"dev": true, "development": true, "test": true, "tests": true}

func developmentOnly(groups []string) bool {
	for _, g := range groups {
		if !developmentGroups[g] {
			return false
		}
	}
	return len(groups) > 0
}

// JuliaManifest reads the packages in a Manifest.toml: a list of tables for each
// name, of which the first counts. Those without a version are part of Julia.
func JuliaManifest(ctx context.Context, data []byte) ([]Package, error) {
	t := syntax.NewTOML(ctx, data)
	var f found
	name, version := "", ""
	inside := false
	for {
		kind, key, err := t.Next()
		if err != nil || kind != syntax.Pair {
			f.add(name, version, false)
			name, version = "", ""
		}
		if err != nil {
			f.wrongs(t.Bad())
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return f.end(err)
		}
		switch {
		case kind == syntax.ArrayTable && len(key) == 2 && string(key[0]) == "deps":
			name, inside = string(key[1]), true
		case kind != syntax.Pair:
			inside = false
		case inside && len(key) == 1 && string(key[0]) == "version":
			f.text(t, &version, "version")
		}
	}
}
