package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter/confine"
)

type doctorCmd struct {
	confineFlag
	factsFlag
}

// Help shows examples.
func (doctorCmd) Help() string {
	return `Looks at what Landwaiter needs of the machine and says what to do where
something is missing. A note does not keep it from working; a problem does.

Examples:
  landwaiter doctor
  landwaiter doctor --confine require
  landwaiter doctor --database postgres://landwaiter@db/landwaiter --output json

Exit codes: 0 no problem, 1 a problem.`
}

// The states of a check.
const (
	stateOK      = "ok"
	stateNote    = "note"    // works, with less than there could be
	stateProblem = "problem" // does not work
)

// check is one thing that was looked at.
type check struct {
	Name  string `json:"name"`
	State string `json:"state"` // "ok", "note" or "problem"
	Found string `json:"found"`
	Do    string `json:"do"` // "" when there is nothing to do
}

// doctor collects the checks.
type doctor struct {
	env    *environ
	now    time.Time
	checks []check
}

func (d *doctor) ok(name, format string, args ...any) {
	d.checks = append(d.checks, check{name, stateOK, fmt.Sprintf(format, args...), ""})
}

func (d *doctor) note(name, do, format string, args ...any) {
	d.checks = append(d.checks, check{name, stateNote, fmt.Sprintf(format, args...), do})
}

func (d *doctor) problem(name, do, format string, args ...any) {
	d.checks = append(d.checks, check{name, stateProblem, fmt.Sprintf(format, args...), do})
}

// Run makes the checks and prints them.
func (c *doctorCmd) Run(e *environ) error {
	d := &doctor{env: e, now: time.Now()}
	d.kernel()
	d.spool()
	d.confinement(c.confineFlag)
	d.storage()
	if err := c.print(e.stdout, d.checks, d.table); err != nil {
		return err
	}
	for _, check := range d.checks {
		if check.State == stateProblem {
			return exitCode(exitError)
		}
	}
	return nil
}

func (d *doctor) table(w io.Writer) {
	rows := make([][]string, len(d.checks))
	for i, c := range d.checks {
		rows[i] = []string{c.Name, c.State, c.Found}
	}
	columns(w, []string{"CHECK", "STATE", "FOUND"}, rows)
	for _, c := range d.checks {
		if c.Do != "" {
			fmt.Fprintf(w, "\n%s: %s.\n", c.Name, c.Do)
		}
	}
}

// confinement starts a child, as a scan does, and tells what is in force.
func (d *doctor) confinement(f confineFlag) {
	const name = "confinement"
	if f.Confine == string(confine.Off) {
		d.note(name, "use --confine prefer, the default, unless images come from nobody but you",
			"off: whatever crashes a parser ends the program")
		return
	}
	reader, err := f.reader("", nil)
	if err != nil {
		d.problem(name, "", "%v", err)
		return
	}
	ctx, cancel := context.WithTimeout(d.env.ctx, 30*time.Second)
	defer cancel()
	began := time.Now()
	s, err := reader.Probe(ctx)
	if err != nil {
		d.problem(name, "let Landwaiter start its own binary again, or read layers in process with --confine off", "%v",
			err)
		return
	}
	text := fmt.Sprintf("%s: landlock ABI %d, seccomp filter %s, own namespaces %s, memory watched %s; ready in %v",
		s.Level, s.Landlock, yesNo(s.Filter), yesNo(s.Private), yesNo(s.Memory), time.Since(began).Round(time.Millisecond))
	if len(s.Reasons) == 0 {
		d.ok(name, "%s", text)
		return
	}
	d.note(name, "Linux 6.12 or newer with landlock and seccomp gives all of it", "%s; %s", text,
		strings.Join(s.Reasons, "; "))
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
