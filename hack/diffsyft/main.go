// Command diffsyft compares the inventory of images with syft's:
//
//	go run ./hack/diffsyft -syft /path/to/syft [-locks] LAYOUT...
//
// LAYOUT is an OCI layout with one image. With -locks syft reads lock files,
// too, which it does in directories only unless told otherwise. For each image it prints the packages
// that one of the two found and the other did not, as "type name version", and
// how many are common. docs/accuracy-log.md explains the differences. It ends with
// status 1 only when something could not be read.
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
	syft := flag.String("syft", os.Getenv("SYFT"), "the syft program; default $SYFT")
	locks := flag.Bool("locks", false, "have syft read lock files, too")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *syft, *locks, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "diffsyft:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to be undone
	}
}

func run(ctx context.Context, out io.Writer, syft string, locks bool, layouts []string) error {
	if syft == "" || len(layouts) == 0 {
		return errors.New("want -syft PROGRAM and some LAYOUTs")
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

// packageSet holds packages as "type name version".
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
