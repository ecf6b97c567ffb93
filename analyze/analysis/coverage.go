package analysis

import (
	"fmt"
	"strings"

	"github.com/landwaiter/landwaiter"
)

const (
	// maxNotes bounds the files that a coverage names; the rest is counted.
	maxNotes = 10
	// maxNote bounds the text on one file: errors of parsers quote the file.
	maxNote = 200
)

// notes are the files that an analyser could not fully look at.
type notes struct {
	cut   string // why the layer was not looked at to its end
	texts []string
	more  int
	told  []string // what is of interest without being a gap
}

// add notes the reason for a file; path is "" for the layer as a whole.
func (n *notes) add(path, reason string) {
	if len(n.texts) == maxNotes {
		n.more++
		return
	}
	if path != "" {
		reason = shorten(path) + ": " + shorten(reason)
	}
	n.texts = append(n.texts, reason)
}

func (n *notes) coverage(diffID, analyser string) landwaiter.Coverage {
	c := landwaiter.Coverage{Layer: diffID, Analyser: analyser, State: landwaiter.Scanned}
	texts := n.texts
	if n.cut != "" {
		texts = append([]string{n.cut}, texts...)
	}
	if len(texts) == 0 && len(n.told) > 0 {
		c.State = landwaiter.Noted
	}
	if len(texts) > 0 {
		c.State = landwaiter.Partial
		if n.more > 0 {
			texts = append(texts[:len(texts):len(texts)], fmt.Sprintf("and %d more", n.more))
		}
	}
	c.Reason = strings.Join(append(texts[:len(texts):len(texts)], n.told...), "; ")
	return c
}

// shorten makes text from an image fit for one line of a terminal.
func shorten(s string) string {
	s = landwaiter.Printable(s)
	if len(s) > maxNote {
		s = strings.ToValidUTF8(s[:maxNote], "") + "..."
	}
	return s
}
