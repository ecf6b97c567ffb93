// Command diffosv compares the findings of landwaiter and osv-scanner in images,
// with the same advisories:
//
//	go run ./hack/diffosv -osv-scanner PROGRAM -landwaiter PROGRAM -osv DIR ARCHIVE...
//
// DIR is an OSV dump with an all.zip in a directory for each ecosystem; ARCHIVE
// is a docker-archive. For each archive it prints a line of counts, and the
// findings of only one program as "ecosystem package version ID". "(no such
// package)" marks findings of packages that the other program did not find, so
// that the inventories differ and not the matching. docs/accuracy-log.md
// explains the differences. It exits with status 1 only if something
// could not be read.
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
		"path of osv-scanner; default $OSV_SCANNER")
	flag.StringVar(&t.landwaiter, "landwaiter", "bin/landwaiter", "path of landwaiter")
	flag.StringVar(&t.plugins, "plugins", "artifact,lockfile",
		"plugins of osv-scanner; by default it ignores lock files in images")
	osv := flag.String("osv", "", "directory of the OSV dump")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, t, *osv, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "diffosv:", err)
		os.Exit(1) //nolint:gocritic // stop need not run before the exit
	}
}

func run(ctx context.Context, t tools, osv string, archives []string) (err error) {
	if t.osvScanner == "" || osv == "" || len(archives) == 0 {
		return errors.New("-osv-scanner PROGRAM, -osv DIR and at least one ARCHIVE are required")
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

// message adds the error output of a failed program.
func message(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%w: %s", err, exit.Stderr)
	}
	return err
}
