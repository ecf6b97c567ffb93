package landwaiter

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Base is the image that another image was built from. Its layers are the bottom
// layers of the other image. The zero value means that no base is known.
type Base struct {
	ImageID string   // "" when the base is known from the image's history only
	Names   []string // may be empty
	Layers  int      // how many of the bottom layers belong to the base
}

// FromBase reports whether a layer of the image belongs to its base.
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

// GuessBase finds the base in the image's history. Nearly all base images set
// CMD, so the base ends at the last CMD that has layers above it. GuessBase
// returns the zero value when there is none.
func (img *Image) GuessBase() Base {
	layers, above := 0, 0
	for _, h := range img.Config.History {
		if !h.EmptyLayer {
			layers++
		}
	}
	if layers != len(img.Layers) {
		return Base{} // it is unknown which step made which layer
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

// isCMD reports whether a build step, as the classic builder or BuildKit writes
// it, is a CMD instruction.
func isCMD(step string) bool {
	return strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(step, "/bin/sh -c #(nop)")), "CMD ")
}
