package layer_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/landwaiter/landwaiter/layer"
)

// benchBlob returns a gzip layer with files like those of programs: half words,
// half noise, with a compression ratio of about 2.5.
func benchBlob(b *testing.B, files, size int) (blob []byte, content int64) {
	b.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	words := make([][]byte, 512)
	for i := range words {
		words[i] = fmt.Appendf(nil, "symbol_%x ", rnd.Uint32())
	}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	t := tar.NewWriter(zip)
	body := make([]byte, 0, size+32)
	for i := range files {
		body = body[:0]
		for len(body) < size {
			if rnd.IntN(4) == 0 {
				body = append(body, byte(rnd.Uint32()), byte(rnd.Uint32()), byte(rnd.Uint32()))
			} else {
				body = append(body, words[rnd.IntN(len(words))]...)
			}
		}
		h := &tar.Header{Name: fmt.Sprintf("usr/lib/d%d/file%d", i%100, i), Mode: 0o644, Size: int64(size),
			Typeflag: tar.TypeReg}
		if err := t.WriteHeader(h); err != nil {
			b.Fatal(err)
		}
		if _, err := t.Write(body[:size]); err != nil {
			b.Fatal(err)
		}
		content += int64(size)
	}
	if err := t.Close(); err != nil {
		b.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		b.Fatal(err)
	}
	return out.Bytes(), content
}

// BenchmarkReader compares the reader with a floor: decompression and one
// SHA-256 of the same blob, measured in the same run. "wall-ratio" and
// "cpu-ratio" are the reader's time divided by the floor's. The CPU ratio is
// reliable on a busy machine too.
func BenchmarkReader(b *testing.B) {
	for _, c := range []struct{ files, size int }{{20000, 1 << 10}, {1000, 64 << 10}, {20, 8 << 20}} {
		b.Run(fmt.Sprintf("files=%d", c.files), func(b *testing.B) {
			blob, content := benchBlob(b, c.files, c.size)
			b.SetBytes(content)
			var floor, ours cost
			for b.Loop() {
				floor.add(b, func() { gunzipAndHash(b, blob) })
				ours.add(b, func() { readAll(b, blob) })
			}
			b.ReportMetric(float64(ours.wall)/float64(floor.wall), "wall-ratio")
			b.ReportMetric(float64(ours.cpu)/float64(floor.cpu), "cpu-ratio")
			b.ReportMetric(float64(content)/1e6/(ours.wall.Seconds()/float64(b.N)), "reader-MB/s")
		})
	}
}

// cost is the wall and CPU time of calls.
type cost struct{ wall, cpu time.Duration }

func (c *cost) add(b *testing.B, f func()) {
	start, used := time.Now(), cpuTime(b)
	f()
	c.wall += time.Since(start)
	c.cpu += cpuTime(b) - used
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func gunzipAndHash(b *testing.B, blob []byte) {
	zip, err := gzip.NewReader(bytes.NewReader(blob))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.CopyBuffer(sha256.New(), zip, make([]byte, 128<<10)); err != nil {
		b.Fatal(err)
	}
}

func readAll(b *testing.B, blob []byte) {
	r, err := layer.NewReader(bytes.NewReader(blob), layer.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for {
		if _, err = r.Next(); err != nil {
			break
		}
	}
	if err != io.EOF {
		b.Fatal(err)
	}
	if _, err := r.Finish(); err != nil {
		b.Fatal(err)
	}
}
