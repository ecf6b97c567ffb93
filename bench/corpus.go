package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/landwaiter/landwaiter/imagetest"
)

// image is one image of the corpus, or a fleet of them.
type image struct {
	name     string
	layouts  []string
	archives []string // as many as layouts, or none
}

// findImages returns the images of a corpus whose names match the pattern, and
// those that match the fleet as one image, the last.
func findImages(corpus, pattern, fleet string) ([]image, error) {
	names, err := filepath.Glob(filepath.Join(corpus, "oci", "*", "oci-layout"))
	if err != nil {
		return nil, err
	}
	var out []image
	together := image{name: fleet}
	for _, path := range names {
		layout := filepath.Dir(path)
		im := image{name: filepath.Base(layout), layouts: []string{layout}}
		archive := filepath.Join(corpus, "docker", im.name+".tar")
		if _, err := os.Stat(archive); err == nil {
			im.archives = []string{archive}
		}
		alone, err := filepath.Match(pattern, im.name)
		if err != nil {
			return nil, fmt.Errorf("-images %s: %w", pattern, err)
		}
		among, err := filepath.Match(fleet, im.name)
		switch {
		case err != nil:
			return nil, fmt.Errorf("-fleet %s: %w", fleet, err)
		case among:
			together.layouts = append(together.layouts, im.layouts...)
			together.archives = append(together.archives, im.archives...)
		case alone:
			out = append(out, im)
		}
	}
	if len(together.archives) < len(together.layouts) {
		together.archives = nil
	}
	if len(together.layouts) > 0 {
		out = append(out, together)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no OCI layouts %s in %s", pattern, filepath.Join(corpus, "oci"))
	}
	return out, nil
}

// generate writes two images: a small distribution with many files, and an
// application on top of it. The images are the same each time.
func generate(dir string) error {
	rnd := rand.New(rand.NewPCG(1, 1))
	base := imagetest.NewLayer(append(files(rnd, "usr/lib", 4000, 24<<10),
		imagetest.Text("etc/os-release", "ID=debian\nVERSION_ID=12\n"),
		imagetest.Text("var/lib/dpkg/status", dpkgStatus(300)))...)
	var app []imagetest.File
	for i := range 800 {
		name := fmt.Sprintf("package-%d", i)
		app = append(app, imagetest.Text("app/node_modules/"+name+"/package.json",
			fmt.Sprintf(`{"name":%q,"version":"1.%d.0"}`, name, i)))
	}
	app = append(app, files(rnd, "app/node_modules", 6000, 6<<10)...)
	for name, layers := range map[string][]imagetest.Layer{"gen-base": {base},
		"gen-node-app": {base, imagetest.NewLayer(app...)}} {
		im := imagetest.Image{Names: []string{name + ":1"}, Layers: layers}
		if err := imagetest.WriteOCILayout(filepath.Join(dir, "oci", name), im); err != nil {
			return err
		}
		for i := range im.Layers {
			im.Layers[i].Compression = imagetest.Uncompressed // as docker save writes them
		}
		if err := writeArchive(filepath.Join(dir, "docker", name+".tar"), im); err != nil {
			return err
		}
	}
	return nil
}

func writeArchive(path string, im imagetest.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(imagetest.WriteDockerArchive(f, im), f.Close())
}

// files returns n files with about size bytes of text each.
func files(rnd *rand.Rand, dir string, n, size int) []imagetest.File {
	out := make([]imagetest.File, n)
	for i := range out {
		out[i] = imagetest.Text(fmt.Sprintf("%s/d%d/f%d.txt", dir, i%97, i), text(rnd, size))
	}
	return out
}

// text returns at least size bytes of words, which compress like code.
func text(rnd *rand.Rand, size int) string {
	words := strings.Fields("func return error string package import struct value range const bytes reader write " +
		"close open file path context")
	var b strings.Builder
	for b.Len() < size {
		fmt.Fprintf(&b, "%s %s%d ", words[rnd.IntN(len(words))], words[rnd.IntN(len(words))], rnd.IntN(1000))
	}
	return b.String()
}

func dpkgStatus(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b,
			"Package: lib%d\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.%d-1\n"+
				"Description: generated\n\n", i, i)
	}
	return b.String()
}
