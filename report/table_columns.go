package report

import (
	"strings"
	"unicode/utf8"

	"github.com/landwaiter/landwaiter"
)

// columns prints rows under a header so that no line is wider than the terminal.
// Cells wrap rather than being cut off: an ID or a version must stay readable.
func (t *table) columns(header []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	widths := t.fit(header, rows)
	t.row(header, widths, landwaiter.Unknown, true)
	for _, r := range rows {
		severity, _ := landwaiter.ParseSeverity(r[0])
		t.row(r, widths, severity, false)
	}
}

// rigid columns contain words that people search for or copy. They shrink last.
var rigid = map[string]bool{"SEVERITY": true, "ID": true, "RULE": true, "LAYER": true, "CLOSES": true, "DIFF ID": true}

// fit gives each column the width of its longest cell, then narrows the widest
// column until the line fits. No column gets narrower than its header or ten
// characters.
func (t *table) fit(header []string, rows [][]string) []int {
	widths := make([]int, len(header))
	for i, h := range header {
		widths[i] = len(h)
		for _, r := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(r[i]))
		}
	}
	room := t.width - 2 - 2*(len(header)-1)
	for _, cut := range []func(string) bool{func(h string) bool { return !rigid[h] }, func(string) bool { return true }} {
		for total(widths) > room {
			widest := -1
			for i, w := range widths {
				if cut(header[i]) && w > max(10, len(header[i])) && (widest < 0 || w > widths[widest]) {
					widest = i
				}
			}
			if widest < 0 {
				break
			}
			widths[widest]--
		}
	}
	return widths
}

func total(widths []int) int {
	n := 0
	for _, w := range widths {
		n += w
	}
	return n
}

// row prints one row, on as many lines as its longest cell needs.
func (t *table) row(cells []string, widths []int, severity landwaiter.Severity, head bool) {
	wrapped := make([][]string, len(cells))
	lines := 0
	for i, c := range cells {
		wrapped[i] = wrap(landwaiter.Printable(c), widths[i])
		lines = max(lines, len(wrapped[i]))
	}
	for n := range lines {
		var b strings.Builder
		b.WriteString("  ")
		for i := range cells {
			cell := ""
			if n < len(wrapped[i]) {
				cell = wrapped[i][n]
			}
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 && !head {
				cell = t.paint(severity, cell)
			}
			b.WriteString(cell)
			if i < len(cells)-1 {
				b.WriteString(pad + "  ")
			}
		}
		text := strings.TrimRight(b.String(), " ")
		if head {
			text = "  " + t.bold(strings.TrimSpace(text))
		}
		t.line("%s", text)
	}
}

// wrap breaks text at spaces, and a word that is too long after a punctuation mark
// or, without one, anywhere.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for utf8.RuneCountInString(word) > width {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			r := []rune(word)
			n := breakAt(r[:width])
			lines, word = append(lines, string(r[:n])), string(r[n:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}

// breakAt returns how many characters of a word stay on its first line: up to the
// last punctuation mark of paths and versions. Only the second half of the line
// is searched, so that lines do not become ragged.
func breakAt(word []rune) int {
	for i := len(word) - 1; i >= len(word)/2; i-- {
		if strings.ContainsRune("/-._+:@~", word[i]) {
			return i + 1
		}
	}
	return len(word)
}
