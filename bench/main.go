// Command bench compares the cost of scans with a floor and with other scanners.
// The floor is reading every distinct layer of an image once, decompressing it,
// and hashing it before and after, measured in the same run.
//
//	go run ./bench -binary bin/landwaiter [-corpus DIR] [-advisories DIR] [-images PATTERN] [-fleet PATTERN]
//		[-peer 'NAME=COMMAND {oci}'] ... [-runs 3]
//	go run ./bench -binary bin/landwaiter -huge 20 [-of mixed|small|archives]
//
// A corpus contains OCI layouts, oci/NAME, and optionally the same images as
// docker-archives, docker/NAME.tar. Without a corpus, images are generated. The
// images of a fleet are measured together: landwaiter scans all of them in one
// process, another scanner runs once for each.
//
// The command of another scanner (a peer) is split at spaces. {oci} stands for a
// layout, {tar} for an archive, {work} for a directory that is empty before the
// first image of each run. Exit status 1 counts as success if something was
// printed, since many scanners use it to report findings.
//
// With -huge, the corpus is one layer of the given size in GiB, uncompressed. It
// is generated below TMPDIR and needs about a fifteenth of that size there.
//
// The figures are medians, in a Markdown table. The column "ours / it" is the
// CPU time of landwaiter's first scan of the same form of the image, divided by
// that of the row. Machines are noisy: compare ratios within one run, not
// seconds of two runs.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	var b bench
	flag.StringVar(&b.binary, "binary", "bin/landwaiter", "the program to measure")
	flag.StringVar(&b.corpus, "corpus", "", "directory of images; default: generate some")
	flag.StringVar(&b.advisories, "advisories", "", "advisory dump to import first; default: none")
	flag.StringVar(&b.images, "images", "*", "which images of the corpus to measure alone")
	flag.StringVar(&b.fleet, "fleet", "", "which images to measure together and not alone; default: none")
	flag.Func("peer", "another scanner, as NAME=COMMAND; may be repeated", b.addPeer)
	flag.IntVar(&b.runs, "runs", 3, "number of runs, of which the median is printed")
	flag.IntVar(&b.huge, "huge", 0, "measure one generated layer of this size in GiB")
	flag.StringVar(&b.of, "of", "mixed",
		"contents of the huge layer: mixed, small (files) or archives (and programs)")
	floorOf := flag.Bool("floor", false, "(internal) measure the floor of the given layouts")
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
