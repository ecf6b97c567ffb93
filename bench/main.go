// Command bench measures scans against the floor: reading every distinct layer
// of an image once, inflating it and hashing both sides, and nothing else, with
// the same libraries in the same run; and against other scanners.
//
//	go run ./bench -binary bin/landwaiter [-corpus DIR] [-advisories DIR] [-images PATTERN] [-fleet PATTERN]
//		[-peer 'NAME=COMMAND {oci}'] ... [-runs 3]
//	go run ./bench -binary bin/landwaiter -huge 20 [-of mixed|small|archives]
//
// A corpus holds OCI layouts, oci/NAME, and where there are any the same images
// as docker-archives, docker/NAME.tar. Without one, images are generated. The
// images of a fleet are measured together: ours as one scan of all of them, a
// peer as one process for each.
//
// A peer's command is split at spaces. {oci} stands for a layout, {tar} for an
// archive, {work} for a directory that is empty before the first image of each
// run. Exit status 1 counts as success when something was printed: it is how
// scanners say that they found something.
//
// With -huge, the corpus is one layer of so many GiB, plain, made on the fly
// below TMPDIR, which needs about a fifteenth of it.
//
// The figures are medians, in a table in Markdown. "ours / it" compares CPU with
// our first scan of the same form of the image. Machines are noisy: compare the
// ratios of one run, not seconds of two.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	var b bench
	flag.StringVar(&b.binary, "binary", "bin/landwaiter", "the program to measure")
	flag.StringVar(&b.corpus, "corpus", "", "directory of images; empty: generate some")
	flag.StringVar(&b.advisories, "advisories", "", "advisory dump to import first; empty: none")
	flag.StringVar(&b.images, "images", "*", "which images of the corpus to measure alone")
	flag.StringVar(&b.fleet, "fleet", "", "which images to measure together, and not alone; empty: none")
	flag.Func("peer", "another scanner, NAME=COMMAND; may be given more than once", b.addPeer)
	flag.IntVar(&b.runs, "runs", 3, "runs of each; the median counts")
	flag.IntVar(&b.huge, "huge", 0, "measure a single generated layer of so many GiB")
	flag.StringVar(&b.of, "of", "mixed",
		"what the huge layer is made of: mixed, small (files) or archives (and programs)")
	floorOf := flag.Bool("floor", false, "(internal) read the layouts that follow")
	generateIn := flag.String("generate", "", "(internal) generate images in this directory")
	flag.Parse()
	var err error
	switch {
	case *floorOf:
		err = floor(flag.Args())
	case *generateIn != "" && b.huge > 0:
		err = generateHuge(*generateIn, b.of, int64(b.huge)<<30)
	case *generateIn != "":
		err = generate(*generateIn)
	default:
		err = b.run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
