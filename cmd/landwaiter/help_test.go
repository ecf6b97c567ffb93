package main

import (
	"io"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestExamples: the help of every command has examples, and each of them is a
// command line of that command that the parser accepts.
func TestExamples(t *testing.T) {
	parser, err := newParser(new(commands), io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	var check func(n *kong.Node, path string)
	check = func(n *kong.Node, path string) {
		for _, child := range n.Children {
			if child.Type == kong.CommandNode {
				checked++
				checkExamples(t, child, path+" "+child.Name)
				check(child, path+" "+child.Name)
			}
		}
	}
	check(parser.Model.Node, "landwaiter")
	if checked < 30 {
		t.Errorf("%d commands checked, want all", checked)
	}
}

func checkExamples(t *testing.T, n *kong.Node, path string) {
	t.Helper()
	if n.Help == "" {
		t.Errorf("%s: no summary", path)
	}
	_, text, ok := strings.Cut("\n"+n.Detail, "\nExamples:\n")
	if !ok {
		t.Errorf("%s: the help has no examples", path)
		return
	}
	found := 0
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", "")) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "landwaiter ") {
			found++
			checkExample(t, line, strings.TrimSuffix(path, " "+typedWord))
		} else if line != "" && !strings.HasPrefix(line, "Exit codes:") {
			t.Errorf("%s: %q is no example", path, line)
		}
	}
	if found == 0 {
		t.Errorf("%s: no examples after the heading", path)
	}
}

func checkExample(t *testing.T, line, path string) {
	t.Helper()
	if line != path && !strings.HasPrefix(line, path+" ") {
		t.Errorf("%s: %q is an example of another command", path, line)
		return
	}
	words := shellWords(line)
	parser, err := newParser(new(commands), io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	// The files of the examples do not exist here.
	if _, err := parser.Parse(withTyped(words[1:])); err != nil && !strings.Contains(err.Error(), "no such file") {
		t.Errorf("%s: %q: %v", path, line, err)
	}
}

// shellWords splits a command line at spaces outside of quotes, and ends at a
// redirection.
func shellWords(line string) []string {
	line, _, _ = strings.Cut(line, " > ")
	var quote rune
	words := strings.FieldsFunc(line, func(r rune) bool {
		switch {
		case quote == 0 && (r == '"' || r == '\''):
			quote = r
		case r == quote:
			quote = 0
		}
		return quote == 0 && r == ' '
	})
	for i, w := range words {
		words[i] = strings.Trim(w, `"'`)
	}
	return words
}
