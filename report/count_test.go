package report

import (
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

func TestCount(t *testing.T) {
	for _, c := range []struct {
		n    int
		noun string
		want string
	}{
		{0, "image", "0 images"},
		{1, "image", "1 image"},
		{2, "image", "2 images"},
		{11, "new finding", "11 new findings"},
		{1, "vulnerability", "1 vulnerability"},
		{3, "vulnerability", "3 vulnerabilities"},
	} {
		if got := Count(c.n, c.noun); got != c.want {
			t.Errorf("Count(%d, %q) = %q, want %q", c.n, c.noun, got, c.want)
		}
	}
	if got := Count(uint64(1), "layer"); got != "1 layer" {
		t.Errorf("of a uint64: %q", got)
	}
}

// TestBaseLine: the line on the base image counts its layers.
func TestBaseLine(t *testing.T) {
	for layers, want := range map[int]string{1: "base image: bottom layer, ", 2: "base image: bottom 2 layers, "} {
		r := sample()
		r.Base = landwaiter.Base{Layers: layers}
		if out := render(t, Table, Options{}, r); !strings.Contains(out, want) {
			t.Errorf("%d layers: no %q in\n%s", layers, want, out)
		}
	}
}
