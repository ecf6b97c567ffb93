package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/landwaiter/landwaiter/imagetest"
)

// generate writes two layouts: a small distribution with many files, and an
// application on top of it. The same seed gives the same images.
func generate(dir string) error {
	rnd := rand.New(rand.NewPCG(1, 1))
	base := imagetest.NewLayer(append(files(rnd, "usr/lib", 4000, 24<<10),
		imagetest.Text("etc/os-release", "ID=debian\nVERSION_ID=12\n"), imagetest.Text("var/lib/dpkg/status", dpkgStatus(300)))...)
	var app []imagetest.File
	for i := range 800 {
		name := fmt.Sprintf("package-%d", i)
		app = append(app, imagetest.Text("app/node_modules/"+name+"/package.json", fmt.Sprintf(`{"name":%q,"version":"1.%d.0"}`, name, i)))
	}
	app = append(app, files(rnd, "app/node_modules", 6000, 6<<10)...)
	for name, layers := range map[string][]imagetest.Layer{"gen-base": {base}, "gen-node-app": {base, imagetest.NewLayer(app...)}} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		if err := imagetest.WriteOCILayout(path, imagetest.Image{Names: []string{name + ":1"}, Layers: layers}); err != nil {
			return err
		}
	}
	return nil
}

// files makes n files of about size bytes that compress like code does.
func files(rnd *rand.Rand, dir string, n, size int) []imagetest.File {
	words := strings.Fields("func return error string package import struct value range const bytes reader write close open file path context")
	out := make([]imagetest.File, n)
	for i := range out {
		var b strings.Builder
		for b.Len() < size {
			fmt.Fprintf(&b, "%s %s%d ", words[rnd.IntN(len(words))], words[rnd.IntN(len(words))], rnd.IntN(1000))
		}
		out[i] = imagetest.Text(fmt.Sprintf("%s/d%d/f%d.txt", dir, i%97, i), b.String())
	}
	return out
}

func dpkgStatus(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "Package: lib%d\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.%d-1\nDescription: generated\n\n", i, i)
	}
	return b.String()
}
