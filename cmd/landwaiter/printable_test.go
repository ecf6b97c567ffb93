package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode"
)

// evil drives terminals, reorders text and looks like a line of its own.
const evil = "a\x1b[2J\u009b31m\u202e\u2066\u200f\x7f\xff\u2028b\nlevel=ERROR msg=x"

func TestForeignTextInLogsAndErrors(t *testing.T) {
	var out bytes.Buffer
	e := &environ{stderr: &out}
	e.LogLevel = "debug"
	log := e.log()
	log.Info(evil, "path", evil, "error", errors.New(evil), evil, 1, slog.Group(evil, "x", evil))
	log.With("image", evil).WithGroup(evil).Debug("x", slog.Any("y", []string{evil}))
	conclude(&out, errors.Join(fmt.Errorf("one: %w", errors.New(evil)), errors.New("two")))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[2], "landwaiter: one: a") || lines[3] != "two" {
		t.Errorf("%d lines: %q", len(lines), lines)
	}
	for _, line := range lines {
		if at := strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }); at >= 0 {
			t.Errorf("%+q", line[at:])
		}
	}
}
