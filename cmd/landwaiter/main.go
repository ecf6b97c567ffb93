// Command landwaiter scans container images for vulnerabilities, malware and
// risks: one image from the shell, or a whole fleet through its API.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/report"
	"github.com/landwaiter/landwaiter/scan"
)

// The exit codes.
const (
	exitOK         = 0
	exitError      = 1
	exitUsage      = 2
	exitFindings   = 3
	exitIncomplete = 4
)

func main() {
	scan.Child()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// exitCode ends the program with a code. The command has printed the reason.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// exited is how kong's own exits (--help) leave the parser.
type exited int

// run is the whole program, without a process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	var cli commands
	parser, err := newParser(&cli, stdout, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "landwaiter:", err)
		return exitError
	}
	defer func() {
		if p := recover(); p != nil {
			e, ok := p.(exited)
			if !ok {
				panic(p)
			}
			code = int(e)
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	kctx, err := parser.Parse(withTyped(args))
	if err != nil {
		fmt.Fprintln(stderr, "landwaiter:", landwaiter.Printable(err.Error()))
		if command := selected(err); command != "" {
			fmt.Fprintf(stderr, "Run 'landwaiter %s --help' for its options and examples.\n", command)
		} else {
			fmt.Fprintln(stderr, "Run 'landwaiter --help' for a list of commands.")
		}
		return exitUsage
	}
	env := &environ{ctx: ctx, stdout: stdout, stderr: stderr, parser: parser, globals: cli.globals}
	return conclude(stderr, kctx.Run(env))
}

// selected returns the command that a usage error belongs to.
func selected(err error) string {
	var p *kong.ParseError
	if !errors.As(err, &p) || p.Context == nil {
		return ""
	}
	var words []string
	for _, word := range strings.Fields(p.Context.Command()) {
		if !strings.HasPrefix(word, "<") { // an argument
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// conclude prints an error and turns it into an exit code.
func conclude(stderr io.Writer, err error) int {
	var code exitCode
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(stderr, "landwaiter:", printableError(err))
	if help := advice[landwaiter.SettingOf(err)]; help != "" {
		fmt.Fprintln(stderr, help)
	}
	if landwaiter.KindOf(err) == landwaiter.Invalid {
		return exitUsage
	}
	return exitError
}

// printableError is the text of an error, which may quote an image or a
// registry: errors that were joined on a line each, others on one line.
func printableError(err error) string {
	var lines []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			lines = append(lines, printableError(e))
		}
		return strings.Join(lines, "\n")
	}
	return landwaiter.Printable(err.Error())
}

func newParser(cli *commands, stdout, stderr io.Writer) (*kong.Kong, error) {
	return kong.New(cli,
		kong.Name("landwaiter"),
		kong.Description("Scans container images for vulnerabilities, malware and risks."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Vars{
			"data":        defaultData(),
			"confine":     confineHelp,
			"failOn":      failOnHelp,
			"maxAge":      maxAgeHelp,
			"formats":     strings.Join(report.Formats(), ","),
			"formatNames": strings.Join(report.Formats(), ", "),
		},
	)
}
