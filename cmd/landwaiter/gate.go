package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/landwaiter/landwaiter"
)

// gateFlags turn findings, and what could not be looked at, into exit codes.
type gateFlags struct {
	FailOn          string `enum:",low,medium,high,critical" default:"" placeholder:"SEVERITY" help:"${failOn}"`
	AllowIncomplete bool   `help:"With --fail-on: do not exit with 4 if something could not be looked at."`
}

// failOnHelp is the help of --fail-on where a command has no better one.
const failOnHelp = "Exit with 3 if there is a finding of at least this severity, " +
	"with 4 if something could not be looked at."

// maxAgeHelp is the help of --max-advisory-age.
const maxAgeHelp = "Oldest advisories to rely on, such as 72h; older ones make the verdict incomplete."

// ageFlag is the age from which advisories make a verdict incomplete.
type ageFlag struct {
	MaxAdvisoryAge time.Duration `placeholder:"AGE" help:"${maxAge}"`
}

// apply marks the reports that rely on older advisories.
func (f ageFlag) apply(reports ...*landwaiter.Report) {
	for _, r := range reports {
		r.CheckAge(time.Now(), max(f.MaxAdvisoryAge, 0))
	}
}

// threshold returns the severity of --fail-on; false without it.
func (f gateFlags) threshold() (landwaiter.Severity, bool) {
	s, _ := landwaiter.ParseSeverity(f.FailOn) // checked by the parser
	return s, f.FailOn != ""
}

// verdict returns exit code 3 if a finding reaches the threshold, and otherwise
// 4 if a kind that was asked for could not be looked at wholly. It prints why.
func (f gateFlags) verdict(e *environ, reports ...*landwaiter.Report) error {
	threshold, ok := f.threshold()
	if !ok {
		return nil
	}
	for _, r := range reports {
		if r.Worst() >= threshold {
			return exitCode(exitFindings)
		}
	}
	if f.AllowIncomplete {
		return nil
	}
	var code error
	for _, r := range reports {
		for _, kind := range landwaiter.ScanAll.Kinds() {
			if v := r.Verdict(kind); !v.Complete {
				code = f.incomplete(e, cmp.Or(r.Target, imageTitle(r)), kindNames(kind)+": "+v.Reason())
			}
		}
	}
	return code
}

// incomplete prints what could not be looked at, and returns exit code 4.
func (f gateFlags) incomplete(e *environ, name, reason string) error {
	fmt.Fprintf(e.stderr, "landwaiter: %s: incomplete: %s (--allow-incomplete accepts this)\n",
		landwaiter.Printable(name), landwaiter.Printable(reason))
	return exitCode(exitIncomplete)
}
