package syntax

import (
	"bytes"
	"context"
)

// MaxLine bounds a line, in bytes. The longest honest ones, headers of yarn.lock
// that list each range asked for, have a few kilobytes.
const MaxLine = 64 << 10

// Lines reads text line by line. A line that is longer than MaxLine is left out
// and counted.
type Lines struct {
	steps
	rest []byte
	long int
}

// NewLines returns a reader of the lines of data, which it does not change.
func NewLines(ctx context.Context, data []byte) *Lines {
	return &Lines{steps: steps{ctx: ctx}, rest: bytes.TrimPrefix(data, byteOrderMark)}
}

// Long returns the number of lines that were left out for their length.
func (l *Lines) Long() int { return l.long }

// Next returns the next line, a part of the data, without its end. At the end of
// the text ok is false. The error is that of the context.
func (l *Lines) Next() (line []byte, ok bool, err error) {
	for len(l.rest) > 0 {
		if err := l.step(); err != nil {
			return nil, false, err
		}
		line, l.rest, _ = bytes.Cut(l.rest, []byte("\n"))
		if len(line) <= MaxLine {
			return bytes.TrimSuffix(line, []byte("\r")), true, nil
		}
		l.long++
	}
	return nil, false, nil
}

var byteOrderMark = []byte("\xef\xbb\xbf")
