package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// bench is one run of the program.
type bench struct {
	binary, corpus, advisories string
	images, fleet              string // patterns of names
	peers                      []peer
	runs                       int
	huge                       int // GiB; 0: no huge layer
	of                         string

	self string // this program
	work string // a temporary directory
	seed string // the data directory that every first scan starts from
}

func (b *bench) run() (err error) {
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.work, err = os.MkdirTemp("", "landwaiter-bench"); err != nil {
		return err
	}
	defer os.RemoveAll(b.work)
	if err := b.prepareCorpus(); err != nil {
		return err
	}
	if err := b.prepareSeed(); err != nil {
		return err
	}
	images, err := findImages(b.corpus, b.images, b.fleet)
	if err != nil {
		return err
	}
	fmt.Print("\n| image | run | CPU s | CPU x floor | ours / it | wall s | wall x floor | peak MB |\n" +
		"|---|---|---|---|---|---|---|---|\n")
	var failed error
	gaps := map[string]map[string]int{}
	for _, im := range images {
		subjects := b.subjects(im)
		failed = errors.Join(failed, b.measure(im, subjects, gaps))
		for _, line := range rows(im, subjects) {
			fmt.Println(line)
		}
	}
	printGaps(images, gaps)
	return failed
}

// prepareCorpus generates the images where none are given.
func (b *bench) prepareCorpus() error {
	if b.corpus != "" && b.huge == 0 {
		return nil
	}
	b.corpus = filepath.Join(b.work, "corpus")
	// In a process of its own: Linux counts the memory of the parent into the
	// peak of a child, from before its exec.
	_, err := run(filepath.Join(b.work, "generate.out"), b.self, "-generate", b.corpus, "-huge", strconv.Itoa(b.huge),
		"-of", b.of)
	return err
}

// prepareSeed makes the data directory with the advisories.
func (b *bench) prepareSeed() error {
	b.seed = filepath.Join(b.work, "seed")
	out := filepath.Join(b.work, "seed.out")
	started, err := run(out, b.binary, "version")
	if err != nil {
		return err
	}
	fmt.Printf("start: %.3f s CPU, %.3f s wall\n", started.cpu.Seconds(), started.wall.Seconds())
	if b.advisories == "" {
		_, err := run(out, b.binary, "db", "status", "--data", b.seed)
		return err
	}
	c, err := run(out, b.binary, "db", "import", b.advisories, "--data", b.seed)
	if err != nil {
		return err
	}
	fmt.Printf("db import: %.1f s CPU, %.1f s wall, peak %d MB\n", c.cpu.Seconds(), c.wall.Seconds(), c.rss>>20)
	return nil
}

// measure runs all subjects in turn, for the given number of rounds, so that other
// load on the machine affects all of them. A subject that fails is not run again.
func (b *bench) measure(im image, subjects []*subject, gaps map[string]map[string]int) (failed error) {
	for range b.runs {
		work, err := os.MkdirTemp(b.work, "run")
		if err != nil {
			return err
		}
		for _, s := range subjects {
			if s.failed {
				continue
			}
			if s.seeded {
				if out, err := exec.Command("cp", "-a", b.seed, s.dir(work)).CombinedOutput(); err != nil {
					return fmt.Errorf("cp: %w: %s", err, out)
				}
			}
			c, err := s.run(work)
			if err != nil {
				failed, s.failed = errors.Join(failed, fmt.Errorf("%s: %w", im.name, err)), true
				continue
			}
			s.costs = append(s.costs, c)
			if s.seeded {
				if gaps[im.name], err = readGaps(s.output(work)); err != nil {
					return err
				}
			}
		}
		if err := os.RemoveAll(work); err != nil {
			return err
		}
	}
	return failed
}
