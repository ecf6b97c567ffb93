package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// floor reads every distinct gzip layer of the layouts once: it decompresses the
// layer and computes the SHA-256 of the blob and of the tar archive.
func floor(layouts []string) error {
	seen := map[string]bool{}
	for _, layout := range layouts {
		if err := floorLayout(layout, seen); err != nil {
			return err
		}
	}
	return nil
}

func floorLayout(layout string, seen map[string]bool) error {
	blobs := filepath.Join(layout, "blobs", "sha256")
	var index struct {
		Manifests []struct{ Digest string }
	}
	if err := readJSON(filepath.Join(layout, "index.json"), &index); err != nil {
		return err
	}
	for _, m := range index.Manifests {
		var manifest struct {
			Layers []struct{ Digest string }
		}
		if err := readJSON(blobPath(blobs, m.Digest), &manifest); err != nil {
			return err
		}
		for _, l := range manifest.Layers {
			if !seen[l.Digest] {
				seen[l.Digest] = true
				if err := floorLayer(blobPath(blobs, l.Digest)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func floorLayer(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	blob, plain := sha256.New(), sha256.New()
	packed := io.TeeReader(f, blob)
	z, err := gzip.NewReader(packed)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if _, err := io.Copy(plain, z); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, packed)
	return err
}

func blobPath(blobs, digest string) string {
	return filepath.Join(blobs, strings.TrimPrefix(digest, "sha256:"))
}
