// Command diffosv compares the findings of images with osv-scanner's, by the
// same advisories:
//
//	go run ./hack/diffosv -osv-scanner PROGRAM -landwaiter PROGRAM -osv DIR ARCHIVE...
//
// DIR is a dump of OSV, a folder with all.zip for each ecosystem; ARCHIVE is a
// docker-archive. For each it prints a line of counts and the findings that one
// of the two has and the other has not, as "ecosystem package version ID".
// "(no such package)" marks those of packages that the other did not find at
// all: they differ in the inventory, not in the judgement. docs/accuracy-log.md
// explains the differences. It ends with status 1 only when something could
// not be read.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
)

func main() {
	var t tools
	flag.StringVar(&t.osvScanner, "osv-scanner", os.Getenv("OSV_SCANNER"),
		"the osv-scanner program; default $OSV_SCANNER")
	flag.StringVar(&t.landwaiter, "landwaiter", "bin/landwaiter", "the landwaiter program")
	flag.StringVar(&t.plugins, "plugins", "artifact,lockfile",
		"what osv-scanner looks for; lock files are not among its defaults for images")
	osv := flag.String("osv", "", "dump of OSV")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, t, *osv, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "diffosv:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to be undone
	}
}

func run(ctx context.Context, t tools, osv string, archives []string) (err error) {
	if t.osvScanner == "" || osv == "" || len(archives) == 0 {
		return errors.New("want -osv-scanner PROGRAM, -osv DIR and some ARCHIVEs")
	}
	if t.data, err = os.MkdirTemp("", "diffosv"); err != nil {
		return err
	}
	defer os.RemoveAll(t.data)
	if err := t.prepare(ctx, osv); err != nil {
		return err
	}
	for _, archive := range archives {
		ours, err := t.ours(ctx, archive)
		if err != nil {
			return fmt.Errorf("%s: landwaiter: %w", archive, message(err))
		}
		theirs, err := t.theirs(ctx, archive)
		if err != nil {
			return fmt.Errorf("%s: osv-scanner: %w", archive, message(err))
		}
		compare(ours, theirs).print(os.Stdout, filepath.Base(archive))
	}
	return nil
}

// message adds what a program said before it failed.
func message(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return err
}
