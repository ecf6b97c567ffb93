package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"os"
)

// generateHuge writes the image oci/huge-KIND with one layer of at least size
// bytes, uncompressed: mixed (files of all sizes up to 4 GiB), small (files of
// 512 bytes) or archives (Java archives of 100 MB, and programs of the same
// size). The same arguments give the same layer, except for the programs, which
// contain this one.
func generateHuge(dir, kind string, size int64) error {
	rnd := rand.New(rand.NewPCG(1, 1))
	var add func(w *tar.Writer, n int) error
	switch kind {
	case "mixed":
		b := newBlock(rnd)
		add = func(w *tar.Writer, n int) error { return addMixed(w, n, b) }
	case "small":
		content := text(rnd, smallSize)
		add = func(w *tar.Writer, n int) error {
			// Every eighth file needs another tar block, so that 2 GiB have fewer
			// than two million entries, the limit of a layer.
			size := smallSize
			if n%8 == 0 {
				size++
			}
			return addFile(w, fmt.Sprintf("srv/d%d/d%d/f%d.js", n%100, n/100%100, n),
				fmt.Appendf(nil, "%08x%s", n, content[8:size]))
		}
	case "archives":
		program, err := programFile()
		if err != nil {
			return err
		}
		add = func(w *tar.Writer, n int) error {
			if n%2 == 1 {
				return addFile(w, fmt.Sprintf("usr/bin/program-%d", n),
					append(bytes.Clone(program), byte(n), byte(n>>8)))
			}
			return addFile(w, fmt.Sprintf("srv/app-%d.jar", n), javaArchive(rnd, n))
		}
	default:
		return fmt.Errorf("unknown kind of layer %q; use mixed, small or archives", kind)
	}
	return writeLayout(dir+"/oci/huge-"+kind, func(out io.Writer) error {
		count := &counter{Writer: out}
		w := tar.NewWriter(count)
		for n := 0; count.n < size; n++ {
			if err := add(w, n); err != nil {
				return err
			}
		}
		return w.Close()
	})
}

const smallSize = 512

type counter struct {
	io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n += int64(n)
	return n, err
}

// block is 1 MiB of noise, text and zeros, with a compression ratio of about 15.
// The noise differs each time.
type block struct {
	noise *rand.ChaCha8
	data  []byte
}

const noiseSize, textSize, blockSize = 32 << 10, 96 << 10, 1 << 20

func newBlock(rnd *rand.Rand) *block {
	b := &block{noise: rand.NewChaCha8([32]byte{1}), data: make([]byte, blockSize)}
	copy(b.data[noiseSize:noiseSize+textSize], text(rnd, textSize))
	return b
}

// next returns the first size bytes of a new block.
func (b *block) next(size int64) []byte {
	_, _ = b.noise.Read(b.data[:min(size, noiseSize)]) // never fails
	return b.data[:min(size, blockSize)]
}

// addMixed writes file n. Most files are small; a few have most of the bytes.
func addMixed(w *tar.Writer, n int, b *block) error {
	size := int64(512) << (n % 8) // to 64 KiB
	switch {
	case n == 0:
		size = 4 << 30
	case n%5000 == 1:
		size = 1 << 30
	case n%100 == 2:
		size = 8 << 20
	}
	ext := []string{"txt", "so", "js", "bin", "py", "conf"}[n%6]
	if err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("data/d%d/f%d.%s", n%97, n, ext), Size: size,
		Mode: 0o644}); err != nil {
		return err
	}
	for left := size; left > 0; {
		part := b.next(left)
		if _, err := w.Write(part); err != nil {
			return err
		}
		left -= int64(len(part))
	}
	return nil
}

func addFile(w *tar.Writer, name string, content []byte) error {
	if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o755}); err != nil {
		return err
	}
	_, err := w.Write(content)
	return err
}

const archiveSize = 100 << 20

// programFile returns this program, which contains the list of its Go modules,
// followed by blocks.
func programFile() ([]byte, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(self)
	b := newBlock(rand.New(rand.NewPCG(1, 1)))
	for len(data) < archiveSize {
		data = append(data, b.next(blockSize)...)
	}
	return data, err
}

// javaArchive returns a Java application: its libraries as stored archives, and
// deflated classes.
func javaArchive(rnd *rand.Rand, n int) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	b := newBlock(rnd)
	addMember(z, "META-INF/MANIFEST.MF", zip.Deflate,
		fmt.Appendf(nil,
			"Manifest-Version: 1.0\r\nImplementation-Title: app-%d\r\nImplementation-Version: 1.%d\r\n\r\n", n, n))
	for i := 0; out.Len() < archiveSize; i++ {
		addMember(z, fmt.Sprintf("com/example/C%d.class", i), zip.Deflate,
			append([]byte{0xca, 0xfe, 0xba, 0xbe}, b.next(40<<10)...))
		if i%50 == 0 {
			addMember(z, fmt.Sprintf("BOOT-INF/lib/library-%d.jar", i), zip.Store, library(i, b))
		}
	}
	must(z.Close())
	return out.Bytes()
}

// library returns an archive of 2 MiB with its name in a pom.properties file.
func library(n int, b *block) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	addMember(z, fmt.Sprintf("META-INF/maven/com.example/library-%d/pom.properties", n), zip.Deflate,
		fmt.Appendf(nil, "groupId=com.example\nartifactId=library-%d\nversion=2.%d\n", n, n))
	for i := range 2 {
		addMember(z, fmt.Sprintf("com/example/L%d.class", i), zip.Store, b.next(blockSize))
	}
	must(z.Close())
	return out.Bytes()
}

func addMember(z *zip.Writer, name string, method uint16, content []byte) {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
	must(err)
	_, err = w.Write(content)
	must(err)
}

// must panics on errors, which writing to memory never returns.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func digest(h hash.Hash) string { return fmt.Sprintf("sha256:%x", h.Sum(nil)) }
