package manifest

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/landwaiter/landwaiter/syntax"
)

// eachLine hands each line of a file to f.
func eachLine(ctx context.Context, data []byte, found *found, f func(line []byte) (more bool)) error {
	lines := syntax.NewLines(ctx, data)
	for {
		line, ok, err := lines.Next()
		if err == nil && ok && f(line) {
			continue
		}
		if n := lines.Long(); n > 0 {
			found.wrongs(n, fmt.Errorf("a line of more than %d bytes", syntax.MaxLine))
		}
		return err
	}
}

// yarnEntry is one entry of a yarn.lock: the header, and its first version.
type yarnEntry struct {
	header, version string
	place           string // where it was resolved
	classic         bool
}

// YarnLock reads yarn.lock of version 1 (https://classic.yarnpkg.com/lang/en/docs/yarn-lock/)
// and of Yarn 2 and later. An entry has the ranges asked for as its header, and
// fields that are indented by two spaces.
func YarnLock(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	e := yarnEntry{classic: !bytes.Contains(data, []byte("__metadata:\n"))}
	err := eachLine(ctx, data, &f, func(line []byte) bool {
		text := bytes.TrimSpace(line)
		if len(text) == 0 || text[0] == '#' {
			return true
		}
		if line[0] != ' ' {
			e.add(&f)
			e.header, e.version, e.place = string(line), "", ""
			return true
		}
		if e.header == "" {
			f.wrong("%q stands before the first entry", some(text))
			return true
		}
		if len(line)-len(text) < 2 || line[1] != ' ' || line[2] == ' ' {
			return true
		}
		if e.version == "" {
			e.version = yarnVersion(string(text))
		}
		if place := yarnPlace(string(text)); place != "" {
			e.place = place
		}
		return true
	})
	e.add(&f)
	return f.end(err)
}

func (e *yarnEntry) add(f *found) {
	if e.header == "" || e.header == "__metadata:" || strings.HasSuffix(e.header, `@workspace:.":`) {
		return
	}
	if e.version == "" {
		f.wrong("%s has no version", some(e.header))
		return
	}
	place := e.place
	if place == "" {
		_, place = splitAt(strings.Trim(e.header, `":`))
	}
	f.addFrom(originOf(place), yarnName(e.header, e.classic), e.version, false)
}

// yarnPlace returns the place in `resolved "https://..."` of version 1, or what
// follows the name in `resolution: "a@npm:1.0.0"` of later ones.
func yarnPlace(text string) string {
	if place, ok := strings.CutPrefix(text, "resolved "); ok {
		return strings.Trim(place, `"`)
	}
	if place, ok := strings.CutPrefix(text, "resolution: "); ok {
		_, place = splitAt(strings.Trim(place, `"`))
		return place
	}
	return ""
}

// yarnVersion returns the version in `version "1.0"` or `version: 1.0`.
func yarnVersion(text string) string {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(text, `"`), "version")
	if !ok {
		return ""
	}
	rest = strings.TrimPrefix(rest, `"`)
	version := strings.Trim(strings.TrimPrefix(rest, ":"), ` "`)
	if rest == "" || rest[0] != ' ' && rest[0] != ':' || strings.ContainsFunc(version, notVersion) {
		return ""
	}
	return version
}

// notVersion reports what no version of npm has.
func notVersion(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-._+", r)
}

// yarnName returns the name in the first range of a header. A range that begins
// with npm: may name another package, which is then what is installed; only in
// version 1 may that be without a version ("a@npm:b"): later ones write every
// range that way ("a@npm:^1.0.0").
func yarnName(header string, classic bool) string {
	text := strings.TrimSuffix(strings.TrimPrefix(header, `"`), ":")
	text, _, _ = strings.Cut(text, ",")
	text = strings.TrimSuffix(text, `"`)
	for {
		name, asked := splitAt(text)
		alias, ok := strings.CutPrefix(asked, "npm:")
		if !ok || !classic && !strings.Contains(alias, "@") {
			return name
		}
		text = alias
	}
}
