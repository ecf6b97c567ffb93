package main

import (
	"fmt"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/feed"
	"github.com/landwaiter/landwaiter/scan"
)

type dbUpdateCmd struct {
	Mirror    string   `env:"LANDWAITER_MIRROR" placeholder:"URL" help:"Mirror of the public OSV bucket (default: the bucket)."`
	Ecosystem []string `placeholder:"NAME" help:"Only these ecosystems, e.g. Debian, npm (default: all)."`
	Report    bool     `help:"List the images whose findings changed, and the findings added and removed."`
	outputFlag
}

// Help shows examples.
func (dbUpdateCmd) Help() string {
	return `Downloads each ecosystem completely the first time, and then only the changes.
An ecosystem that cannot be downloaded keeps its data; the exit code is then 1.

Examples:
  landwaiter db update --ecosystem Debian --ecosystem npm
  landwaiter db update --report
  landwaiter db update --mirror https://mirror.example.com/osv`
}

// Run downloads and imports advisories.
func (c *dbUpdateCmd) Run(e *environ) error {
	s, err := e.store()
	if err != nil {
		return err
	}
	defer s.Close()
	spool, err := e.spool()
	if err != nil {
		return err
	}
	began := time.Now()
	bar := newProgress(e.stderr, "Updating")
	res, err := feed.Update(e.ctx, s, scan.Matcher, feed.UpdateOptions{
		Mirror: c.Mirror, Spool: spool, UserAgent: "landwaiter/" + versionText(), Ecosystems: c.Ecosystem,
		Done: func(ecosystem string, done, total int, err error) {
			if err != nil {
				bar.clear()
				fmt.Fprintf(e.stderr, "landwaiter: %s not updated: %s\n", landwaiter.Printable(ecosystem),
					landwaiter.Printable(err.Error()))
			}
			bar.set(int64(done), int64(total), ecosystem)
		},
	})
	bar.clear()
	if res.Records > 0 || err == nil {
		if printErr := printResult(e, s, c.outputFlag, res, time.Since(began), c.Report); printErr != nil {
			return printErr
		}
	}
	return err
}
