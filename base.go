package landwaiter

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Base is the image that another was built on: its layers are the lowest ones
// of the other. The zero value means that none is known.
type Base struct {
	ImageID string   // "" when only the image's history tells of it
	Names   []string // may be empty
	Layers  int      // how many of the lowest layers are the base's
}

// FromBase reports whether a layer of the image is one of its base.
func (r *Report) FromBase(diffID string) bool {
	for _, l := range r.Layers[:min(r.Base.Layers, len(r.Layers))] {
		if l.DiffID == diffID {
			return true
		}
	}
	return false
}

// ChainIDs returns the chain ID of each prefix of a list of layers, bottom
// first: equal chain IDs mean the same layers in the same order
// (https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid).
func ChainIDs(layers []LayerRef) []string {
	out := make([]string, len(layers))
	for i, l := range layers {
		out[i] = l.DiffID
		if i > 0 {
			sum := sha256.Sum256([]byte(out[i-1] + " " + l.DiffID))
			out[i] = "sha256:" + hex.EncodeToString(sum[:])
		}
	}
	return out
}

// GuessBase finds the base in an image's history: it ends with the last CMD
// that has layers above it, since images for building on have one. The zero
// value when there is none.
func (img *Image) GuessBase() Base {
	layers, above := 0, 0
	for _, h := range img.Config.History {
		if !h.EmptyLayer {
			layers++
		}
	}
	if layers != len(img.Layers) {
		return Base{} // which step made which layer is unknown
	}
	for i := len(img.Config.History) - 1; i >= 0; i-- {
		h := img.Config.History[i]
		if h.EmptyLayer && above > 0 && isCMD(h.CreatedBy) {
			return Base{Layers: layers - above}
		}
		if !h.EmptyLayer {
			above++
		}
	}
	return Base{}
}

// isCMD knows the classic builder's and BuildKit's way to write the step.
func isCMD(step string) bool {
	return strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(step, "/bin/sh -c #(nop)")), "CMD ")
}
