// Command diffsyft compares the packages that landwaiter and syft find in images:
//
//	go run ./hack/diffsyft -syft /path/to/syft [-locks] LAYOUT...
//
// LAYOUT is an OCI layout with one image. With -locks, syft reads lock files too,
// which by default it does in directories only. For each image, diffsyft prints
// the packages that only one of the two found, as "type name version", and the
// number of common ones. docs/accuracy-log.md explains the differences. It exits
// with status 1 only if something could not be read.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
)

func main() {
	syft := flag.String("syft", os.Getenv("SYFT"), "path of syft; default $SYFT")
	locks := flag.Bool("locks", false, "let syft read lock files too")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *syft, *locks, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "diffsyft:", err)
		os.Exit(1) //nolint:gocritic // stop need not run before the exit
	}
}

func run(ctx context.Context, out io.Writer, syft string, locks bool, layouts []string) error {
	if syft == "" || len(layouts) == 0 {
		return errors.New("-syft PROGRAM and at least one LAYOUT are required")
	}
	for _, layout := range layouts {
		ours, owned, err := inventory(ctx, layout)
		if err != nil {
			return fmt.Errorf("%s: %w", layout, err)
		}
		theirs, err := syftInventory(ctx, syft, locks, layout)
		if err != nil {
			return fmt.Errorf("%s: syft: %w", layout, err)
		}
		compare(out, layout, ours, theirs, owned)
	}
	return nil
}

// packageSet is a set of packages as "type name version".
type packageSet map[string]bool

func compare(out io.Writer, layout string, ours, theirs packageSet, owned int) {
	common := 0
	for p := range ours {
		if theirs[p] {
			common++
		}
	}
	fmt.Fprintf(out, "%s: %d packages common, %d only here, %d only syft's; %d here belong to a distribution package\n",
		layout, common, len(ours)-common, len(theirs)-common, owned)
	for _, side := range []struct {
		mark       string
		has, lacks packageSet
	}{{"+", ours, theirs}, {"-", theirs, ours}} {
		counts := map[string]int{}
		for _, p := range slices.Sorted(maps.Keys(side.has)) {
			if !side.lacks[p] {
				purlType, _, _ := strings.Cut(p, " ")
				counts[purlType]++
				fmt.Fprintf(out, "%s %s\n", side.mark, p)
			}
		}
		for _, purlType := range slices.Sorted(maps.Keys(counts)) {
			fmt.Fprintf(out, "%s%s: %d\n", side.mark, purlType, counts[purlType])
		}
	}
}
