package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The forms of an image, as placeholders in the command of a peer.
const (
	layoutForm  = "{oci}"
	archiveForm = "{tar}"
)

// peer is another scanner.
type peer struct {
	name    string
	command []string
	form    string
}

// addPeer parses NAME=COMMAND.
func (b *bench) addPeer(flag string) error {
	name, command, ok := strings.Cut(flag, "=")
	p := peer{name: name, command: strings.Fields(command), form: layoutForm}
	if strings.Contains(command, archiveForm) {
		p.form = archiveForm
	}
	if !ok || name == "" || !strings.Contains(command, p.form) {
		return fmt.Errorf("%q is not NAME=COMMAND with %s or %s for the image", flag, layoutForm, archiveForm)
	}
	b.peers = append(b.peers, p)
	return nil
}

// subject is one way to scan an image or a fleet, with its costs.
type subject struct {
	name     string
	form     string
	store    string // the name of its directory in that of the run
	seeded   bool   // a first scan by landwaiter, in a copy of the seed
	commands [][]string
	costs    []cost
	failed   bool
}

// subjects returns the ways to scan an image that are measured.
func (b *bench) subjects(im image) []*subject {
	scan := []string{b.binary, "scan", "--output", "json", "--data", "{work}"}
	list := []*subject{
		{name: "floor", form: layoutForm, store: "floor",
			commands: [][]string{slices.Concat([]string{b.self, "-floor"}, im.layouts)}},
		{name: "landwaiter", form: layoutForm, store: "oci", seeded: true,
			commands: [][]string{slices.Concat(scan, im.layouts)}},
		{name: "landwaiter, again", form: layoutForm, store: "oci",
			commands: [][]string{slices.Concat(scan, im.layouts)}},
	}
	if len(im.archives) > 0 {
		list = append(list, &subject{name: "landwaiter, archive", form: archiveForm, store: "tar", seeded: true,
			commands: [][]string{slices.Concat(scan, im.archives)}})
	}
	for _, p := range b.peers {
		s := &subject{name: p.name, form: p.form, store: "peer-" + p.name}
		for _, path := range map[string][]string{layoutForm: im.layouts, archiveForm: im.archives}[p.form] {
			s.commands = append(s.commands, replaced(p.command, p.form, path))
		}
		if len(s.commands) > 0 {
			list = append(list, s)
		}
	}
	return list
}

func (s *subject) dir(work string) string    { return filepath.Join(work, s.store) }
func (s *subject) output(work string) string { return filepath.Join(work, s.store+".out") }

// run runs the commands one after another and returns the sum of their costs.
func (s *subject) run(work string) (sum cost, err error) {
	if err := os.MkdirAll(s.dir(work), 0o700); err != nil {
		return sum, err
	}
	for _, command := range s.commands {
		words := replaced(command, "{work}", s.dir(work))
		c, err := run(s.output(work), words[0], words[1:]...)
		if err != nil {
			return sum, err
		}
		sum = cost{cpu: sum.cpu + c.cpu, wall: sum.wall + c.wall, rss: max(sum.rss, c.rss)}
	}
	return sum, nil
}

func replaced(words []string, from, to string) []string {
	words = slices.Clone(words)
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], from, to)
	}
	return words
}
