// Command bench measures scans against the floor: reading every distinct layer
// of an image once, inflating it and hashing both sides, and nothing else, with
// the same libraries in the same run.
//
//	go run ./bench -binary bin/landwaiter [-corpus DIR] [-images PATTERN] [-runs 3] [-advisories DIR] [-peer 'COMMAND {}']
//
// CORPUS holds OCI layouts, one directory each. Without one, images are
// generated. With -fleet, all of them are one row: a single scan against each
// distinct layer once. A peer is a command that scans one layout, {}, and is
// run once for each. Machines are noisy: compare the ratios of one run, not seconds of
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
	"strings"
	"syscall"
	"time"
)

func main() {
	binary := flag.String("binary", "bin/landwaiter", "the program to measure")
	corpus := flag.String("corpus", "", "directory of OCI layouts; empty: generate some")
	advisories := flag.String("advisories", "", "advisory dump to import first; empty: none")
	images := flag.String("images", "*", "which layouts of the corpus")
	fleet := flag.Bool("fleet", false, "measure them together, as one scan")
	peer := flag.String("peer", "", "command of another scanner, with {} for a layout; empty: none")
	runs := flag.Int("runs", 3, "runs of each; the median counts")
	floorOf := flag.Bool("floor", false, "(internal) read the layouts that follow")
	generateIn := flag.String("generate", "", "(internal) generate images in this directory")
	flag.Parse()
	var err error
	switch {
	case *floorOf:
		err = floor(flag.Args())
	case *generateIn != "":
		err = generate(*generateIn)
	default:
		b := bench{binary: *binary, corpus: *corpus, images: *images, fleet: *fleet, peer: strings.Fields(*peer), runs: *runs}
		err = b.run(*advisories)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	self, binary   string
	corpus, images string
	fleet          bool
	peer           []string // words of a command
	runs           int
	work, seed     string // temporary; the data directory that every first scan starts from
}

func (b *bench) run(advisories string) (err error) {
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.work, err = os.MkdirTemp("", "landwaiter-bench"); err != nil {
		return err
	}
	defer os.RemoveAll(b.work)
	if b.corpus == "" {
		b.corpus = filepath.Join(b.work, "corpus")
		// In a process of its own: Linux counts the memory of the parent into
		// the peak of a child, from before its exec.
		if _, err := measure(b.self, "-generate", b.corpus); err != nil {
			return err
		}
	}
	b.seed = filepath.Join(b.work, "seed")
	if advisories != "" {
		c, err := measure(b.binary, "db", "import", advisories, "--data", b.seed)
		if err != nil {
			return err
		}
		fmt.Printf("db import: %.1f s CPU, %.1f s wall, peak %d MB\n", c.cpu.Seconds(), c.wall.Seconds(), c.rss>>20)
	} else if _, err := measure(b.binary, "db", "status", "--data", b.seed); err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(b.corpus, b.images, "oci-layout"))
	if err != nil || len(found) == 0 {
		return fmt.Errorf("no OCI layouts %s in %s", b.images, b.corpus)
	}
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	fmt.Printf("%-20s %9s %9s %9s %9s %9s %9s %9s %9s\n", "image", "floor s", "cpu x", "wall x", "peak MB", "again x", "again s", "start s", "peer x")
	if b.fleet {
		return b.row(b.images, found)
	}
	for _, layout := range found {
		if err := b.row(filepath.Base(layout), []string{layout}); err != nil {
			return err
		}
	}
	return nil
}

// row measures layouts: the floor, a first scan into an empty store, a second
// one into the same store, and a peer.
func (b *bench) row(name string, layouts []string) error {
	var base, first, again, start, peer []cost
	for range b.runs {
		data, err := os.MkdirTemp(b.work, "data")
		if err != nil {
			return err
		}
		if out, err := exec.Command("cp", "-a", b.seed+"/.", data).CombinedOutput(); err != nil {
			return fmt.Errorf("cp: %w: %s", err, out)
		}
		scan := append([]string{b.binary, "scan", "--output", "json", "--data", data}, layouts...)
		for _, m := range []struct {
			into *[]cost
			args []string
		}{
			{&base, append([]string{b.self, "-floor"}, layouts...)},
			{&start, []string{b.binary, "version"}},
			{&first, scan},
			{&again, scan},
		} {
			c, err := measure(m.args[0], m.args[1:]...)
			if err != nil {
				return err
			}
			*m.into = append(*m.into, c)
		}
		os.RemoveAll(data)
		c, err := b.measurePeer(layouts)
		if err != nil {
			return err
		}
		peer = append(peer, c)
	}
	f, a, g := median(base), median(first), median(again)
	fmt.Printf("%-20s %9.2f %9.2f %9.2f %9d %9.2f %9.2f %9.3f %9.2f\n", name, f.cpu.Seconds(),
		ratio(a.cpu, f.cpu), ratio(a.wall, f.wall), a.rss>>20, ratio(g.cpu, f.cpu), g.cpu.Seconds(), median(start).wall.Seconds(), ratio(median(peer).cpu, f.cpu))
	return nil
}

// measurePeer runs the peer once for each layout and adds up what it used.
func (b *bench) measurePeer(layouts []string) (sum cost, err error) {
	if len(b.peer) == 0 {
		return sum, nil
	}
	for _, layout := range layouts {
		args := slices.Clone(b.peer)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "{}", layout)
		}
		c, err := measure(args[0], args[1:]...)
		if err != nil {
			return sum, err
		}
		sum.cpu, sum.wall, sum.rss = sum.cpu+c.cpu, sum.wall+c.wall, max(sum.rss, c.rss)
	}
	return sum, nil
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
