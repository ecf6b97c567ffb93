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
	outputFlag
}

// Help shows examples.
func (doctorCmd) Help() string {
	return `Checks what Landwaiter needs and says what to do if something is missing. With
notes, Landwaiter works; with problems, it does not.

Examples:
  landwaiter doctor
  landwaiter doctor --confine require
  landwaiter doctor --database postgres://landwaiter@db/landwaiter --output json

Exit codes: 0 no problem, 1 a problem.`
}

// The states of a check.
const (
	stateOK      = "ok"
	stateNote    = "note"    // works, with a limitation
	stateProblem = "problem" // does not work
)

// check is the result of one check.
type check struct {
	Name  string `json:"name"`
	State string `json:"state"` // "ok", "note" or "problem"
	Found string `json:"found"`
	Do    string `json:"do"` // what to do; "" for nothing
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

// Run does the checks and prints the results.
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

// confinement starts a child process as a scan does, and reports its confinement.
func (d *doctor) confinement(f confineFlag) {
	const name = "confinement"
	if f.Confine == string(confine.Off) {
		d.note(name, "use --confine prefer (the default), unless all images are your own",
			"off: a file that crashes a parser ends the program")
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
		d.problem(name, "allow Landwaiter to start its own binary, or turn confinement off with --confine off",
			"%v", err)
		return
	}
	text := fmt.Sprintf("%s: landlock ABI %d, seccomp filter %s, own namespaces %s, memory watched %s; ready in %v",
		s.Level, s.Landlock, yesNo(s.Filter), yesNo(s.Private), yesNo(s.Memory), time.Since(began).Round(time.Millisecond))
	if len(s.Reasons) == 0 {
		d.ok(name, "%s", text)
		return
	}
	d.note(name, "for full confinement, use Linux 6.12 or newer with landlock and seccomp",
		"%s; %s", text, strings.Join(s.Reasons, "; "))
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
