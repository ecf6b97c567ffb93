package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"
)

// writeLayout writes an OCI layout with one gzip layer without keeping the layer
// in memory, unlike package imagetest.
func writeLayout(dir string, layer func(io.Writer) error) error {
	blobs := filepath.Join(dir, "blobs", "sha256")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return err
	}
	packed, diffID, err := writeLayer(blobs, layer)
	if err != nil {
		return err
	}
	packed.MediaType = "application/vnd.oci.image.layer.v1.tar+gzip"
	config, err := writeBlob(blobs, "application/vnd.oci.image.config.v1+json", map[string]any{
		"architecture": "amd64", "os": "linux",
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{diffID}},
	})
	if err != nil {
		return err
	}
	const manifestType = "application/vnd.oci.image.manifest.v1+json"
	manifest, err := writeBlob(blobs, manifestType, map[string]any{
		"schemaVersion": 2, "mediaType": manifestType, "config": config, "layers": []descriptor{packed},
	})
	if err != nil {
		return err
	}
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "manifests": []descriptor{manifest}})
	return errors.Join(err,
		os.WriteFile(filepath.Join(dir, "index.json"), index, 0o644),
		os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644))
}

type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

func writeLayer(blobs string, layer func(io.Writer) error) (d descriptor, diffID string, err error) {
	f, err := os.CreateTemp(blobs, "layer")
	if err != nil {
		return d, "", err
	}
	defer f.Close()
	blob, plain := sha256.New(), sha256.New()
	count := &counter{Writer: io.MultiWriter(f, blob)}
	z, err := gzip.NewWriterLevel(count, gzip.BestSpeed)
	if err != nil {
		return d, "", err
	}
	if err := errors.Join(layer(io.MultiWriter(z, plain)), z.Close()); err != nil {
		return d, "", err
	}
	d = descriptor{Digest: digest(blob), Size: count.n}
	return d, digest(plain), os.Rename(f.Name(), blobPath(blobs, d.Digest))
}

func writeBlob(blobs, mediaType string, content any) (descriptor, error) {
	data, err := json.Marshal(content)
	if err != nil {
		return descriptor{}, err
	}
	d := descriptor{MediaType: mediaType, Digest: fmt.Sprintf("sha256:%x", sha256.Sum256(data)), Size: int64(len(data))}
	return d, os.WriteFile(blobPath(blobs, d.Digest), data, 0o644)
}
