// Command bench measures scans against the floor: reading every distinct layer
// of an image once, inflating it and hashing both sides, and nothing else, with
// the same libraries in the same run.
//
//	go run ./bench -binary bin/landwaiter [-corpus DIR] [-runs 3] [-advisories DIR]
//
// CORPUS holds OCI layouts, one directory each. Without one, images are
// generated. Machines are noisy: compare the ratios of one run, not seconds of
// two.
package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

func main() {
	binary := flag.String("binary", "bin/landwaiter", "the program to measure")
	corpus := flag.String("corpus", "", "directory of OCI layouts; empty: generate some")
	advisories := flag.String("advisories", "", "advisory dump to import first; empty: none")
	runs := flag.Int("runs", 3, "runs of each; the median counts")
	floorOf := flag.String("floor", "", "(internal) measure the floor of this layout")
	generateIn := flag.String("generate", "", "(internal) generate images in this directory")
	flag.Parse()
	var err error
	switch {
	case *floorOf != "":
		err = floor(*floorOf)
	case *generateIn != "":
		err = generate(*generateIn)
	default:
		err = run(*binary, *corpus, *advisories, *runs)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(binary, corpus, advisories string, runs int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "landwaiter-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if corpus == "" {
		corpus = filepath.Join(work, "corpus")
		// In a process of its own: Linux counts the memory of the parent into
		// the peak of a child, from before its exec.
		if _, err := measure(self, "-generate", corpus); err != nil {
			return err
		}
	}
	seed := filepath.Join(work, "seed")
	if advisories != "" {
		c, err := measure(binary, "db", "import", advisories, "--data", seed)
		if err != nil {
			return err
		}
		fmt.Printf("db import: %.1f s CPU, %.1f s wall, peak %d MB\n", c.cpu.Seconds(), c.wall.Seconds(), c.rss>>20)
	} else if _, err := measure(binary, "db", "status", "--data", seed); err != nil {
		return err
	}
	layouts, err := filepath.Glob(filepath.Join(corpus, "*", "oci-layout"))
	if err != nil || len(layouts) == 0 {
		return fmt.Errorf("no OCI layouts in %s", corpus)
	}
	fmt.Printf("%-20s %9s %9s %9s %9s %9s %9s %9s\n", "image", "floor s", "cpu x", "wall x", "peak MB", "again x", "again s", "start s")
	for _, l := range layouts {
		if err := image(self, binary, filepath.Dir(l), seed, work, runs); err != nil {
			return err
		}
	}
	return nil
}

// image measures one layout: the floor, a first scan into an empty store, and
// a second one into the same store.
func image(self, binary, layout, seed, work string, runs int) error {
	var base, first, again, start []cost
	for range runs {
		data, err := os.MkdirTemp(work, "data")
		if err != nil {
			return err
		}
		if out, err := exec.Command("cp", "-a", seed+"/.", data).CombinedOutput(); err != nil {
			return fmt.Errorf("cp: %w: %s", err, out)
		}
		for _, m := range []struct {
			into *[]cost
			args []string
		}{
			{&base, []string{self, "-floor", layout}},
			{&start, []string{binary, "version"}},
			{&first, []string{binary, "scan", layout, "--output", "json", "--data", data}},
			{&again, []string{binary, "scan", layout, "--output", "json", "--data", data}},
		} {
			c, err := measure(m.args[0], m.args[1:]...)
			if err != nil {
				return err
			}
			*m.into = append(*m.into, c)
		}
		os.RemoveAll(data)
	}
	f, a, b := median(base), median(first), median(again)
	fmt.Printf("%-20s %9.2f %9.2f %9.2f %9d %9.2f %9.2f %9.3f\n", filepath.Base(layout), f.cpu.Seconds(),
		ratio(a.cpu, f.cpu), ratio(a.wall, f.wall), a.rss>>20, ratio(b.cpu, f.cpu), b.cpu.Seconds(), median(start).wall.Seconds())
	return nil
}

func ratio(a, b time.Duration) float64 { return a.Seconds() / max(b.Seconds(), 1e-9) }

// cost is what a process used.
type cost struct {
	cpu, wall time.Duration // cpu: user and system
	rss       int64         // peak, bytes
}

func median(list []cost) cost {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b cost) int { return cmp.Compare(a.cpu, b.cpu) })
	return list[len(list)/2]
}

// measure runs a program and returns its cost.
func measure(program string, args ...string) (cost, error) {
	cmd := exec.Command(program, args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return cost{}, fmt.Errorf("%s %v: %w\n%s", program, args, err, complaint.Bytes())
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return cost{
		wall: time.Since(began),
		cpu:  cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		rss:  usage.Maxrss << 10, // kilobytes on Linux
	}, nil
}
