package docker

import (
	"context"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/image"
)

// step is a build step in a config file.
type step struct {
	CreatedBy  string `json:"created_by,omitempty"`
	Comment    string `json:"comment,omitempty"`
	EmptyLayer bool   `json:"empty_layer,omitempty"`
}

func (s *Source) history(ctx context.Context, id string, layers int) ([]step, error) {
	answer, err := s.client.ImageHistory(ctx, id)
	if err != nil {
		return nil, err
	}
	return fromHistory(answer.Items, layers), nil
}

// fromHistory turns the container engine's history, latest step first, into that of a
// config. The container engine does not report which steps made a layer. Steps with a size
// did. A layer without file contents has no size: for the missing layers, steps are
// chosen by their instruction.
func fromHistory(items []image.HistoryResponseItem, layers int) []step {
	steps := make([]step, len(items))
	for i, h := range items {
		at := len(items) - 1 - i
		steps[at] = step{CreatedBy: h.CreatedBy, Comment: h.Comment, EmptyLayer: h.Size <= 0}
		if h.Size > 0 {
			layers--
		}
	}
	for _, likely := range []func(string) bool{changesFiles, isWorkdir, anyStep} {
		for i := range steps {
			if layers > 0 && steps[i].EmptyLayer && likely(steps[i].CreatedBy) {
				steps[i].EmptyLayer = false
				layers--
			}
		}
	}
	return steps
}

// metadata are the instructions that only change the config.
var metadata = []string{
	"ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL",
	"MAINTAINER", "ONBUILD", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
}

func changesFiles(createdBy string) bool { return !slices.Contains(metadata, instruction(createdBy)) }

// isWorkdir reports whether a step is a WORKDIR, which creates the directory
// unless it exists.
func isWorkdir(createdBy string) bool { return instruction(createdBy) == "WORKDIR" }

func anyStep(string) bool { return true }

// instruction returns the first word of a step, without the prefixes of the
// classic builder and of buildah.
func instruction(createdBy string) string {
	s := strings.TrimSpace(strings.TrimPrefix(createdBy, "/bin/sh -c"))
	if rest, nop := strings.CutPrefix(s, "#(nop)"); nop {
		s = strings.TrimSpace(rest)
	}
	word, _, _ := strings.Cut(s, " ")
	return word
}
