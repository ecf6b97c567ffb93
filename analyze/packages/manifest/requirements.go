package manifest

import (
	"bytes"
	"context"
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter/syntax"
)

// Requirements reads a requirements file of pip
// (https://pip.pypa.io/en/stable/reference/requirements-file-format/). Only a pin
// says what is installed: `==` or `===` with a version, also beside other bounds.
// Files that it includes are read where they lie.
func Requirements(ctx context.Context, data []byte) ([]Package, error) {
	var f found
	var joined []byte // of lines that go on in the next
	continued, long := false, false
	take := func() {
		switch {
		case long:
			f.wrong("a requirement of more than %d bytes", syntax.MaxLine)
		case len(joined) > 0:
			requirement(&f, string(joined))
		}
		joined, continued, long = joined[:0], false, false
	}
	err := eachLine(ctx, data, &f, func(line []byte) bool {
		line = withoutComment(line)
		line, continued = bytes.CutSuffix(line, []byte(`\`))
		if long = long || len(joined)+len(line) > syntax.MaxLine; !long {
			joined = append(joined, line...)
		}
		if !continued {
			take()
		}
		return true
	})
	take()
	return f.end(err)
}

// withoutComment cuts a comment, which begins the line or follows a space.
func withoutComment(line []byte) []byte {
	for from := 0; ; {
		n := bytes.IndexByte(line[from:], '#')
		if n < 0 {
			return line
		}
		if n += from; n == 0 || line[n-1] == ' ' || line[n-1] == '\t' {
			return bytes.TrimRight(line[:n], " \t")
		}
		from = n + 1
	}
}

var (
	// requirementOption is where the options of a requirement begin.
	requirementOption = regexp.MustCompile(`(?:\s|^)(?:--hash|--global-option|--config-settings|-C)`)
	// pythonName is a name by the specification of names (PEP 508).
	pythonName = regexp.MustCompile(`^(?i:[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9])$`)
)

// requirement takes one logical line: name[extras] specifiers ; marker --options.
func requirement(f *found, line string) {
	if strings.Contains(line, "${") {
		return // set when it is installed
	}
	if at := requirementOption.FindStringIndex(line); at != nil {
		line = line[:at[0]]
	}
	line, _, _ = strings.Cut(line, ";")
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '-' {
		return
	}
	end := strings.IndexAny(line, "=<>!~ \t[@(")
	if end < 0 {
		end = len(line)
	}
	name, rest := line[:end], strings.TrimSpace(line[end:])
	if !pythonName.MatchString(name) {
		if strings.Contains(line, "==") && !strings.ContainsAny(line, "/:") { // no path, URL or prose
			f.wrong("%q is no requirement", some(line))
		}
		return
	}
	if strings.HasPrefix(rest, "[") {
		_, rest, _ = strings.Cut(rest, "]")
	}
	f.add(name, pinned(strings.Trim(strings.TrimSpace(rest), "()")), false)
}

// pinned returns the version that specifiers leave no choice of, or "".
func pinned(specifiers string) string {
	for specifiers != "" {
		var one string
		one, specifiers, _ = strings.Cut(specifiers, ",")
		version, ok := strings.CutPrefix(strings.TrimSpace(one), "==")
		version = strings.TrimSpace(strings.TrimPrefix(version, "="))
		if ok && version != "" && !strings.ContainsAny(version, "* \t<>=!~") {
			return version
		}
	}
	return ""
}
