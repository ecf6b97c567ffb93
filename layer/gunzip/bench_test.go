package gunzip

import (
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	klauspost "github.com/klauspost/compress/gzip"
)

var layers = flag.String("layers", "", "a glob of gzip files for BenchmarkReader, instead of made text")

// benchPrefix is how much of a file is read, so that a round takes half a
// second.
const benchPrefix = 16 << 20

// BenchmarkReader compares this package with others, alternating within one run:
// "/klauspost" and "/std" are the CPU time of this package divided by theirs.
func BenchmarkReader(b *testing.B) {
	for name, packed := range benchFiles(b) {
		b.Run(name, func(b *testing.B) {
			var ours, std, other time.Duration
			var size int64
			for b.Loop() {
				ours += decode(b, &size, packed, func(r io.Reader) (io.Reader, error) { return NewReader(r) })
				std += decode(b, &size, packed, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
				other += decode(b, &size, packed, func(r io.Reader) (io.Reader, error) {
					return klauspost.NewReader(r)
				})
			}
			b.ReportMetric(ours.Seconds()/other.Seconds(), "/klauspost")
			b.ReportMetric(ours.Seconds()/std.Seconds(), "/std")
			b.ReportMetric(float64(size)/1e6*float64(b.N)/ours.Seconds(), "MB/cpu-s")
		})
	}
}

func benchFiles(b *testing.B) map[string][]byte {
	if *layers == "" {
		return map[string][]byte{"words": pack(b, 6, bytes.Repeat(texts()["words"], 8))}
	}
	names, err := filepath.Glob(*layers)
	if err != nil || len(names) == 0 {
		b.Fatalf("no files: %v", err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
			files[filepath.Base(name)[:min(8, len(filepath.Base(name)))]] = data[:min(len(data), benchPrefix)]
		}
	}
	return files
}

// decode returns the CPU time of a decoder, and sets size to that of the
// decompressed data.
func decode(b *testing.B, size *int64, packed []byte, open func(io.Reader) (io.Reader, error)) time.Duration {
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		b.Fatal(err)
	}
	r, err := open(bytes.NewReader(packed))
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 128<<10)
	// The error is ignored: a prefix ends early in all decoders.
	*size, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, buf)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		b.Fatal(err)
	}
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
		b.Fatal(err)
	}
	return time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
}
