package config

import "github.com/landwaiter/landwaiter"

// Instruction returns a build step as it may be shown: without what builders
// put around it, secrets masked, on one line of at most 512 characters.
func Instruction(h landwaiter.History) string {
	step := instruction(h.CreatedBy)
	return clean(mask(step, secretsIn(step)))
}

// LayerInstructions returns the build step of each layer of an image by its
// diffID. It is empty when the history does not tell of as many layers as
// there are: which step made which layer is unknown then.
func LayerInstructions(img landwaiter.Image) map[string]string {
	var steps []string
	for _, h := range img.Config.History {
		if !h.EmptyLayer {
			steps = append(steps, Instruction(h))
		}
	}
	if len(steps) != len(img.Layers) {
		return nil
	}
	out := make(map[string]string, len(steps))
	for i, l := range img.Layers {
		if _, ok := out[l.DiffID]; !ok { // the lowest wins when a layer repeats
			out[l.DiffID] = steps[i]
		}
	}
	return out
}
