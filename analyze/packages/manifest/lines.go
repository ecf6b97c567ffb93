package manifest

import (
	"bytes"
	"context"
	"regexp"
	"strings"
)

var (
	// hexPackage is a package of Hex: "plug": {:hex, :plug, "1.14.0", "ba4f...", ...
	hexPackage = regexp.MustCompile(`^ +"([^"]+)": \{[^,"]+, +[^,"]+, +"([^,"]+)", +"[^,"]+",.`)
	// hexOther is a line of another source, of git mostly, which has no version.
	hexOther = regexp.MustCompile(`^ +"[^"]+": \{:(?:git|path),`)
	// paketPackage is a package, with four spaces: what it depends on has more.
	paketPackage = regexp.MustCompile(`^    ([^\s(]+)\s*\(([^)]+)\)`)
	gitCommit    = regexp.MustCompile(`^[0-9a-fA-F]{40}$`)
	cabalPackage = regexp.MustCompile(`any\.(\S+) ==(\S+)`)
	stackPackage = regexp.MustCompile(`hackage:\s*([a-zA-Z0-9\-]+)-([0-9.]+)@`)
	// rebarPackage is how rebar3 locks a package of Hex: {pkg,<<"name">>,<<"1.0">>},
	// in later versions with hashes behind.
	rebarPackage = regexp.MustCompile(`\{pkg,\s*<<"([^"]{1,128})">>,\s*<<"([^"]{1,128})">>`)
)

// MixLock reads mix.lock. Packages of git have no version.
func MixLock(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	err := eachLine(ctx, data, &f, func(line []byte) bool {
		if m := hexPackage.FindSubmatch(line); m != nil {
			f.add(string(m[1]), string(m[2]), false)
		} else if bytes.HasPrefix(line, []byte(`  "`)) && !hexOther.Match(line) {
			f.wrong("%q is no package", some(bytes.TrimSpace(line)))
		}
		return true
	})
	return f.end(err)
}

// PaketLock reads the packages of NuGet in paket.lock, and those of GitHub that
// have a tag. Of other files of GitHub it names the commit.
func PaketLock(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	section, remote := "", ""
	err := eachLine(ctx, data, &f, func(line []byte) bool {
		text := bytes.TrimSpace(line)
		if len(text) == 0 || text[0] == '#' {
			return true
		}
		if line[0] != ' ' && line[0] != '\t' {
			section, remote = string(text), ""
		}
		if rest, ok := bytes.CutPrefix(text, []byte("remote:")); ok {
			remote = string(bytes.TrimSpace(rest))
			return true
		}
		m := paketPackage.FindSubmatch(line)
		switch {
		case section != "NUGET" && section != "GITHUB":
		case m == nil:
			if len(line) > 4 && string(line[:4]) == "    " && line[4] > ' ' {
				f.wrong("%q is no package", some(text))
			}
		case bytes.ContainsAny(m[2], "<>=~"):
		case section == "NUGET":
			f.add(string(m[1]), string(bytes.TrimSpace(m[2])), false)
		case (remote == "" || remote == string(m[1])) && !gitCommit.Match(m[2]):
			f.kind = "github"
			f.add(string(m[1]), string(bytes.TrimSpace(m[2])), false)
			f.kind = ""
		}
		return true
	})
	return f.end(err)
}

// CabalFreeze reads cabal.project.freeze: constraints "any.name ==version".
func CabalFreeze(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	err := eachLine(ctx, data, &f, func(line []byte) bool {
		if m := cabalPackage.FindSubmatch(line); m != nil && !bytes.HasPrefix(line, []byte("--")) {
			f.add(string(m[1]), strings.TrimSuffix(string(m[2]), ","), false)
		}
		return true
	})
	return f.end(err)
}

// StackLock reads stack.yaml.lock: "hackage: name-version@sha256:...".
func StackLock(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	err := eachLine(ctx, data, &f, func(line []byte) bool {
		if m := stackPackage.FindSubmatch(line); m != nil {
			f.add(string(m[1]), string(m[2]), false)
		}
		return true
	})
	return f.end(err)
}

// RebarLock reads the lock file of rebar3 (https://rebar3.org/docs/workflow/).
// Dependencies of git have no version, and are left out.
func RebarLock(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	for ctx.Err() == nil {
		at := rebarPackage.FindSubmatchIndex(data)
		if at == nil {
			break
		}
		f.add(string(data[at[2]:at[3]]), string(data[at[4]:at[5]]), false)
		data = data[at[1]:]
	}
	return f.end(ctx.Err())
}

// OpamState reads what opam has installed in a switch: quoted "name.version" in
// the list "installed" (https://opam.ocaml.org/doc/Manual.html#switch-state).
func OpamState(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	inside := false
	err := eachLine(ctx, data, &f, func(line []byte) bool {
		if rest, ok := bytes.CutPrefix(line, []byte("installed:")); ok {
			inside, line = true, rest
		}
		if !inside {
			return true
		}
		list, _, closed := bytes.Cut(line, []byte("]"))
		for quoted := range bytes.FieldsSeq(bytes.TrimLeft(list, " [")) {
			name, version, ok := strings.Cut(strings.Trim(string(quoted), `"`), ".")
			if !ok {
				f.wrong("%q is no package with a version", some(quoted))
			}
			f.add(name, version, false)
		}
		return !closed
	})
	return f.end(err)
}

// header reads fields of a file in the form of Debian's control files. A value may
// stand, indented, on the line below. The first field of a name counts.
func header(ctx context.Context, data []byte, want ...string) (map[string]string, error) {
	var f found
	fields := map[string]string{}
	last := ""
	err := eachLine(ctx, data, &f, func(line []byte) bool {
		text := bytes.TrimSpace(line)
		if len(text) == 0 {
			return true
		}
		if line[0] == ' ' || line[0] == '\t' {
			if value, ok := fields[last]; ok && value == "" {
				fields[last] = string(text)
			}
			return true
		}
		key, value, _ := bytes.Cut(line, []byte(":"))
		last = ""
		for _, w := range want {
			if _, have := fields[w]; !have && string(key) == w {
				fields[w], last = string(bytes.TrimSpace(value)), w
			}
		}
		return true
	})
	_, err = f.end(err)
	return fields, err
}

// GHCPackage reads what the compiler of Haskell registers of an installed library
// (https://downloads.haskell.org/ghc/latest/docs/users_guide/packages.html).
func GHCPackage(ctx context.Context, data []byte) ([]Package, error) {
	fields, err := header(ctx, data, "name", "version")
	var f found
	f.add(fields["name"], fields["version"], false)
	return f.end(err)
}

// RDescription reads the DESCRIPTION of an installed R package, which comes from
// CRAN or from Bioconductor. Source trees have the file, too, without the field
// Built, and those that are part of R have its version. biocViews is what
// Bioconductor asks of its packages.
func RDescription(ctx context.Context, data []byte) ([]Package, error) {
	fields, err := header(ctx, data, "Package", "Version", "Built", "Priority", "biocViews")
	var f found
	if _, ok := fields["biocViews"]; ok {
		f.kind = "bioconductor"
	}
	if fields["Built"] != "" && fields["Priority"] != "base" {
		f.add(fields["Package"], fields["Version"], false)
	}
	return f.end(err)
}
