package manifest

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/syntax"
)

// yamlEntry is one entry of a mapping of packages.
type yamlEntry struct {
	key            string
	name, version  string
	dev, dependant string
}

func (e *yamlEntry) set(y *syntax.YAML, key, value []byte) {
	if len(value) > 0 && strings.IndexByte("*&|>", value[0]) >= 0 || string(key) == "<<" {
		switch string(key) {
		case "name", "version", "dev", "dependency", "<<":
			y.Wrong("an alias, an anchor or folded text, which are not read")
		}
		return
	}
	text := string(syntax.Scalar(value))
	switch string(key) {
	case "name":
		e.name = text
	case "version":
		e.version = text
	case "dev":
		e.dev = text
	case "dependency":
		e.dependant = text
	}
}

// yamlPackages reads the mapping "packages" of a document, and hands each entry
// to add. top is told of the document's other keys.
func yamlPackages(
	ctx context.Context, data []byte, f *found, top func(key, value []byte), add func(yamlEntry),
) error {
	y := syntax.NewYAML(ctx, data)
	inside, entries, fields, deep := false, 0, 0, 0
	var e yamlEntry
	flush := func() {
		if e.key != "" {
			add(e)
		}
		e = yamlEntry{}
	}
	for {
		l, ok, err := y.Next(deep)
		if !ok {
			flush()
			f.wrongs(y.Bad())
			return err
		}
		switch {
		case l.Indent == 0:
			flush()
			inside, entries, deep = string(l.Key) == "packages", 0, 0
			if inside {
				deep = syntax.MaxLine // of the first entry
			}
			if l.Key == nil {
				break // another document
			}
			if inside && len(l.Value) > 0 && string(l.Value) != "{}" {
				y.Wrong("packages that are no block mapping")
			}
			top(l.Key, l.Value)
		case !inside:
		case entries == 0 || l.Indent == entries:
			flush()
			entries, fields, deep = l.Indent, 0, l.Indent
			e.key = string(l.Key)
			yamlFlow(y, &e, l.Value)
		case l.Indent < entries:
			y.Wrong("an entry that is indented less than those before it")
		case fields == 0 || l.Indent == fields:
			fields = l.Indent
			e.set(y, l.Key, l.Value)
		}
	}
}

// yamlFlow reads what stands on the line of an entry: nothing, or its fields.
func yamlFlow(y *syntax.YAML, e *yamlEntry, value []byte) {
	if len(value) == 0 {
		return
	}
	if !syntax.Flow(value, func(k, v []byte) { e.set(y, k, v) }) {
		y.Wrong("an entry that is no mapping")
	}
}

// PNPMLock reads pnpm-lock.yaml (https://github.com/pnpm/spec/tree/master/lockfile).
// The keys hold name and version: "/@s/a/1.0.0_peer@2" in version 5, "/@s/a@1.0.0(peer@2)"
// in 6, "@s/a@1.0.0" in 9. Packages of files and repositories have fields for them.
func PNPMLock(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	version := 0.0
	err := yamlPackages(ctx, data, &f, func(key, value []byte) {
		if string(key) != "lockfileVersion" {
			return
		}
		var err error
		if version, err = strconv.ParseFloat(string(syntax.Scalar(value)), 64); err != nil {
			f.wrong("no version of the format: %w", err)
		}
	}, func(e yamlEntry) {
		name, of := pnpmKey(e.key, version)
		if e.name != "" {
			name = e.name
		}
		if e.version != "" {
			of = e.version
		}
		if name == "" && of == "" && !strings.HasPrefix(e.key, "file:") && !strings.Contains(e.key, "/") {
			f.wrong("%s is no key of a package", some(e.key))
		}
		if !strings.ContainsAny(of, ":/") { // a place, not a version
			f.addFrom(pnpmOrigin(e.key, version), name, of, e.dev == "true")
		}
	})
	return f.end(err)
}

// pnpmOrigin returns where the package of a key comes from. Before version 9 the
// host of another registry precedes the name.
func pnpmOrigin(key string, format float64) string {
	if format >= 9 {
		_, place := splitAt(key)
		return originOf(place)
	}
	if origin := originOf(strings.TrimPrefix(key, "@")); origin != "" && key[0] != '/' {
		return origin
	}
	host, _, _ := strings.Cut(key, "/")
	switch {
	case host == "" || publicRegistries[host] || !strings.Contains(host, ".") || strings.Contains(host, "@"):
		return ""
	case strings.HasSuffix(host, "github.com") || host == "gitlab.com" || host == "bitbucket.org":
		return landwaiter.OriginGit
	}
	return landwaiter.OriginPrivate
}

// pnpmKey returns the name and version in a key, or nothing.
func pnpmKey(key string, format float64) (name, version string) {
	if strings.HasPrefix(key, "file:") {
		return "", ""
	}
	if format >= 9 {
		name, version = splitAt(key)
		version, _, _ = strings.Cut(version, "(")
		return name, version
	}
	key, _, _ = strings.Cut(key, "(")
	_, path, _ := strings.Cut(key, "/") // behind the name of the registry, mostly none
	name, rest, _ := strings.Cut(path, "/")
	if strings.HasPrefix(name, "@") {
		var of string
		of, rest, _ = strings.Cut(rest, "/")
		name += "/" + of
	}
	version, _, _ = strings.Cut(rest, "/")
	if version == "" {
		name, version = splitAt(name)
	}
	version, _, _ = strings.Cut(version, "_")
	if version == "" || version[0] < '0' || version[0] > '9' {
		return "", ""
	}
	return name, version
}

// PubLock reads pubspec.lock. A part of the SDK has the version 0.0.0.
func PubLock(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	err := yamlPackages(ctx, data, &f, func([]byte, []byte) {}, func(e yamlEntry) {
		if e.version != "0.0.0" {
			f.add(e.key, e.version, slices.Contains(strings.Fields(e.dependant), "dev"))
		}
	})
	return f.end(err)
}
