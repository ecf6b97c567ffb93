package manifest

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// gemOrigins are the sections of a Gemfile.lock that are no registry.
var gemOrigins = map[string]string{"GIT": landwaiter.OriginGit, "PATH": landwaiter.OriginLocal}

// GemfileLock reads the lock file of Bundler: sections, with a gem on each line
// that is indented by four spaces ("rack (2.2.3)", "nokogiri (1.15.0-x86_64-linux)").
func GemfileLock(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	source := false
	err := eachLine(ctx, data, &f, func(line []byte) bool {
		text := bytes.TrimLeft(line, " ")
		switch indent := len(line) - len(text); {
		case len(text) == 0:
		case indent == 0:
			switch string(text) {
			case "GIT", "GEM", "PATH", "PLUGIN SOURCE":
				source = true
				f.origin = gemOrigins[string(text)]
			default:
				source = false
			}
		case indent == 2 && source && bytes.HasPrefix(text, []byte("remote: ")) && f.origin == "":
			f.origin = originOf(string(text[len("remote: "):]))
		case indent == 4 && source:
			name, rest, ok := strings.Cut(string(text), " (")
			version, after, closed := strings.Cut(rest, ")")
			if !ok || !closed || after != "" && after != "!" {
				f.wrong("%q is no gem", some(text))
				break
			}
			version, _, _ = strings.Cut(version, "-") // the platform
			f.add(name, version, false)
		}
		return true
	})
	return f.end(err)
}

var (
	gemStart   = regexp.MustCompile(`^Gem::Specification\.new`)
	gemName    = regexp.MustCompile(`\w\.name\s*=\s*["']([^"']+)["']`)
	gemVersion = regexp.MustCompile(`\w\.version\s*=\s*(?:["']([^"']+)["']|(?:\w+::)*([A-Z]\w*))`)
	// gemConstant is an assignment of a constant whose name says that it is a
	// version. Others can hold anything.
	gemConstant = regexp.MustCompile(`\b((?i:VERSION))\s*=\s*["']([^"']+)["']`)
)

// Gemspec reads the specification of a gem, which is Ruby: name and version are
// found where they are written out, or where the version is a constant of the
// same file. RubyGems writes both out in the specifications of installed gems.
func Gemspec(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	started, name, version, constant := false, "", "", ""
	constants := map[string]string{}
	lines := found{} // of which long ones are no fault: those of file lists
	err := eachLine(ctx, data, &lines, func(line []byte) bool {
		if m := gemConstant.FindSubmatch(line); m != nil && len(constants) < maxGroups {
			constants[string(m[1])] = string(m[2])
		}
		if !started {
			started = gemStart.Match(line)
			return true
		}
		if m := gemName.FindSubmatch(line); m != nil && name == "" {
			name = string(m[1])
		} else if m := gemVersion.FindSubmatch(line); m != nil && version == "" {
			version, constant = string(m[1]), string(m[2])
		}
		return name == "" || version == ""
	})
	if version == "" {
		version = constants[constant]
	}
	f.add(name, version, false)
	if started && len(f.pkgs) == 0 && err == nil {
		f.wrongs(lines.bad, lines.first)
		err = errors.New("a specification without a name and a version that are written out")
	}
	return f.end(err)
}
