package history

import (
	"regexp"
	"strings"
)

var (
	// setting matches the beginning of an instruction that sets variables.
	// Builders write the values without their quotes, so only the name of the
	// next variable shows where a value ends.
	setting = regexp.MustCompile(`^(?:[^#\n]{0,200}#\(nop\)\s*)?\s*(?:ONBUILD\s+)?(?:ENV|ARG|LABEL)\s+`)
	// arguments matches the ARGs of a RUN as builders write them: |2 A=x B=y /bin/sh -c ...
	arguments = regexp.MustCompile(`^(?:RUN )?\|[0-9]+ `)
	// command matches the beginning of the command after them.
	command = regexp.MustCompile(` (?:(?:/usr)?/bin/|cmd /S|powershell|pwsh)`)
	markEnd = regexp.MustCompile(`\s*` + buildkitMark + `\s*$`)
	// pairStart matches NAME= at the beginning or after a space.
	pairStart = regexp.MustCompile(`(?:^|\s)["']?([A-Za-z_][A-Za-z0-9_.-]*)["']?=`)
	// pairOld matches the name in the old form ENV NAME value.
	pairOld = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_.-]*)\s+`)
)

// instruction finds the values of the variables that an instruction sets, and
// of the arguments of a RUN.
func (f *finder) instruction() {
	head := f.text[:min(len(f.text), 512)]
	if !strings.Contains(head, "ENV") && !strings.Contains(head, "ARG") &&
		!strings.Contains(head, "LABEL") && !strings.Contains(head, "|") {
		return
	}
	if at := setting.FindStringIndex(f.text); at != nil {
		end := len(f.text)
		if mark := markEnd.FindStringIndex(f.text); mark != nil {
			end = mark[0]
		}
		f.pairs(at[1], end)
	} else if at := arguments.FindStringIndex(f.text); at != nil {
		if end := command.FindStringIndex(f.text[at[1]-1:]); end != nil {
			f.pairs(at[1], at[1]-1+end[0])
		}
	}
}

// pairs finds the secrets among the variables in text[start:end].
func (f *finder) pairs(start, end int) {
	if start >= end {
		return
	}
	text := f.text[start:end]
	found := pairStart.FindAllStringSubmatchIndex(text, -1)
	if len(found) == 0 || found[0][0] > 0 {
		if m := pairOld.FindStringSubmatchIndex(text); m != nil {
			f.pair(text[m[2]:m[3]], start+m[1], end)
			return
		}
	}
	for i, m := range found {
		valueEnd := end
		if i+1 < len(found) {
			valueEnd = start + found[i+1][0]
		}
		f.pair(text[m[2]:m[3]], start+m[1], valueEnd)
	}
}

func (f *finder) pair(name string, start, end int) {
	switch sortOf(name) {
	case plainName:
		return
	case authName:
		if !credentials.MatchString(f.text[start:end]) {
			return
		}
	}
	// Quotes around the whole value stay.
	if q := f.text[start:end]; len(q) > 1 && (q[0] == '"' || q[0] == '\'') && q[len(q)-1] == q[0] {
		start, end = start+1, end-1
	}
	f.add(start, end, false)
}
