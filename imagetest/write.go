package imagetest

import (
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// WriteDockerArchive writes images as one `docker save` archive. Layers remain
// compressed, as in archives by kaniko.
func WriteDockerArchive(w io.Writer, images ...Image) error {
	type entry struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	files := map[string][]byte{}
	var manifest []entry
	for _, im := range images {
		config := im.RawConfig()
		e := entry{Config: hexOf(config) + ".json", RepoTags: im.Names}
		files[e.Config] = config
		for _, l := range im.Layers {
			name := hexOf(l.Tar()) + "/layer.tar"
			files[name] = l.Blob()
			e.Layers = append(e.Layers, name)
		}
		manifest = append(manifest, e)
	}
	files["manifest.json"] = encode(manifest)
	return writeArchive(w, files)
}

// WriteOCIArchive writes images as a tar archive of one OCI layout.
func WriteOCIArchive(w io.Writer, images ...Image) error { return writeArchive(w, layout(images)) }

// WriteOCILayout writes images as an OCI layout into dir, which it creates.
func WriteOCILayout(dir string, images ...Image) error {
	for name, data := range layout(images) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// layout returns the files of an OCI layout:
// https://github.com/opencontainers/image-spec/blob/main/image-layout.md
func layout(images []Image) map[string][]byte {
	files := map[string][]byte{"oci-layout": []byte(`{"imageLayoutVersion":"1.0.0"}`)}
	index := manifestFile{SchemaVersion: 2, MediaType: indexType, Manifests: []descriptor{}}
	for _, im := range images {
		for _, data := range im.blobs() {
			files["blobs/sha256/"+hexOf(data)] = data
		}
		mediaType, top := im.top()
		d := describe(mediaType, top)
		if len(im.Names) == 0 {
			index.Manifests = append(index.Manifests, d)
		}
		for _, name := range im.Names {
			d.Annotations = map[string]string{"org.opencontainers.image.ref.name": name}
			index.Manifests = append(index.Manifests, d)
		}
	}
	files["index.json"] = encode(index)
	return files
}

// blobs returns all layers, configurations and manifests of the image and its
// other platforms, each after those that it refers to.
func (im Image) blobs() [][]byte {
	var out [][]byte
	for _, p := range append([]Image{im}, im.Others...) {
		for _, l := range p.Layers {
			out = append(out, l.Blob())
		}
		out = append(out, p.RawConfig(), p.manifest())
	}
	if len(im.Others) > 0 {
		out = append(out, im.index())
	}
	return out
}

func writeArchive(w io.Writer, files map[string][]byte) error {
	var entries []File
	for _, name := range slices.Sorted(maps.Keys(files)) {
		entries = append(entries, File{Path: name, Content: files[name]})
	}
	_, err := w.Write(writeTar(entries))
	return err
}

func hexOf(b []byte) string { return strings.TrimPrefix(digest(b), "sha256:") }
