package landwaiter

import "testing"

func TestGuessBase(t *testing.T) {
	layer := func(by string) History { return History{CreatedBy: by} }
	empty := func(by string) History { return History{CreatedBy: by, EmptyLayer: true} }
	for name, c := range map[string]struct {
		history []History
		layers  int // of the image; 0: as many as the history has
		want    int
	}{
		"classic builder": {[]History{layer("ADD file"), empty(`/bin/sh -c #(nop)  CMD ["bash"]`), layer("RUN a"),
			layer("COPY b"), empty(`/bin/sh -c #(nop)  CMD ["app"]`)}, 0, 1},
		"BuildKit": {[]History{layer("ADD file"), layer("RUN x"), empty(`CMD ["bash"]`), layer("COPY b"),
			empty("USER app")}, 0, 2},
		"the nearest":  {[]History{layer("ADD"), empty("CMD a"), layer("RUN"), empty("CMD b"), layer("COPY")}, 0, 2},
		"is a base":    {[]History{layer("ADD"), empty("CMD bash")}, 0, 0},
		"no command":   {[]History{layer("ADD"), layer("COPY")}, 0, 0},
		"nothing":      {nil, 0, 0},
		"other layers": {[]History{layer("ADD"), empty("CMD a"), layer("RUN")}, 5, 0},
	} {
		img := Image{Config: ImageConfig{History: c.history}}
		n := c.layers
		for _, h := range c.history {
			if c.layers == 0 && !h.EmptyLayer {
				n++
			}
		}
		img.Layers = make([]LayerRef, n)
		if got := img.GuessBase().Layers; got != c.want {
			t.Errorf("%s: %d layers of the base, want %d", name, got, c.want)
		}
	}
}

// The example of the specification: the chain of one layer is its diffID.
func TestChainIDs(t *testing.T) {
	got := ChainIDs([]LayerRef{{DiffID: "sha256:a"}, {DiffID: "sha256:b"}, {DiffID: "sha256:a"}})
	if got[0] != "sha256:a" || got[1] != "sha256:970a948bffa8de94d6e22d747ba8c95030e6e546909f98f54e99a13005e173a8" {
		t.Errorf("chain IDs %v", got)
	}
	if got[0] == got[2] || len(ChainIDs(nil)) != 0 {
		t.Errorf("chain IDs %v", got)
	}
}
