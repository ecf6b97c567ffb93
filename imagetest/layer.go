package imagetest

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Compression is how a layer is stored.
type Compression int

// The compressions. Gzip is the default.
const (
	Gzip Compression = iota
	Zstd
	Uncompressed
	Estargz // gzip with many members and a table of contents after the tar archive
)

var mediaTypes = [...]string{
	Gzip:         "application/vnd.oci.image.layer.v1.tar+gzip",
	Zstd:         "application/vnd.oci.image.layer.v1.tar+zstd",
	Uncompressed: "application/vnd.oci.image.layer.v1.tar",
	Estargz:      "application/vnd.oci.image.layer.v1.tar+gzip",
}

// Layer is a layer of an image. Set Files, or set Raw to bytes that a tar writer
// would not write.
type Layer struct {
	Files       []File
	Raw         []byte
	Compression Compression
	CreatedBy   string // the build step in the history
}

// NewLayer returns a gzip layer of files.
func NewLayer(files ...File) Layer { return Layer{Files: files} }

// Tar returns the uncompressed layer.
func (l Layer) Tar() []byte {
	data := l.Raw
	if data == nil {
		data = writeTar(l.Files)
	}
	if l.Compression == Estargz {
		// Like the lossless mode of estargz, after the end of the tar archive.
		data = slices.Concat(data, writeTar([]File{Text("stargz.index.json", `{"version":1,"entries":[]}`)}))
	}
	return data
}

// DiffID returns the digest of the uncompressed layer.
func (l Layer) DiffID() string { return digest(l.Tar()) }

// Blob returns the layer as stored.
func (l Layer) Blob() []byte {
	data := l.Tar()
	switch l.Compression {
	case Gzip:
		return gzipMembers(data, len(data))
	case Estargz:
		return append(gzipMembers(data, 4096), estargzFooter()...)
	case Zstd:
		return zstdFrame(data)
	}
	return data
}

func writeTar(files []File) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		must(w.WriteHeader(f.header()))
		_, err := w.Write(f.Content)
		must(err)
	}
	must(w.Close())
	return out.Bytes()
}

// gzipMembers compresses data in members of size bytes each.
func gzipMembers(data []byte, size int) []byte {
	var out bytes.Buffer
	for first := true; first || len(data) > 0; first = false {
		n := min(size, len(data))
		w := gzip.NewWriter(&out)
		_, err := w.Write(data[:n])
		must(err)
		must(w.Close())
		data = data[n:]
	}
	return out.Bytes()
}

// estargzFooter returns the empty member at the end of an estargz blob. In a real
// blob, its extra field has the offset of the table of contents.
// https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md#footer
func estargzFooter() []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Extra = fmt.Appendf([]byte{'S', 'G', 22, 0}, "%016xSTARGZ", 0)
	must(w.Close())
	return out.Bytes()
}

func zstdFrame(data []byte) []byte {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	must(err)
	defer w.Close()
	return w.EncodeAll(data, nil)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// must panics on errors, which writing to memory returns only for bad input.
func must(err error) {
	if err != nil {
		panic("imagetest: " + err.Error())
	}
}
