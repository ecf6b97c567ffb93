package scan

import (
	"errors"
	"fmt"
	"testing"

	"github.com/landwaiter/landwaiter"
)

func TestFactsCache(t *testing.T) {
	var c factsCache
	loads := 0
	load := func(index int) func() (*landwaiter.LayerReport, error) {
		return func() (*landwaiter.LayerReport, error) {
			loads++
			return &landwaiter.LayerReport{Index: make(landwaiter.PathIndex, index)}, nil
		}
	}
	v1, v2 := []landwaiter.Analyser{{Name: "packages", Version: "1"}},
		[]landwaiter.Analyser{{Name: "packages", Version: "2"}}
	for _, step := range []struct {
		of    []landwaiter.Analyser
		loads int
	}{{v1, 1}, {v1, 1}, {v2, 2}, {v2, 2}, {v1, 3}} {
		if _, err := c.get("sha256:a", step.of, load(10)); err != nil || loads != step.loads {
			t.Fatalf("%d loads, want %d; %v", loads, step.loads, err)
		}
	}
	if _, err := c.get("sha256:b", v1, func() (*landwaiter.LayerReport, error) {
		return nil, errors.New("away")
	}); err == nil {
		t.Error("an error was lost")
	}
	for i := range 100 { // of a fifth of the bound each
		if _, err := c.get(fmt.Sprint("sha256:", i), v1, load(maxFacts/8/5)); err != nil {
			t.Fatal(err)
		}
	}
	if sum := total(&c); c.weight != sum || sum > maxFacts || len(c.m) < 4 {
		t.Errorf("%d entries that weigh %d, counted as %d, of at most %d", len(c.m), sum, c.weight, maxFacts)
	}
	_, _ = c.get("sha256:huge", v1, load(maxFacts/8))
	if c.m["sha256:huge"] != nil {
		t.Error("a layer as large as the cache is kept")
	}
}

func total(c *factsCache) (sum int) {
	for _, f := range c.m {
		sum += f.weight
	}
	return sum
}

func TestPURLCacheForgets(t *testing.T) {
	var c purlCache
	debian := landwaiter.OSRelease{ID: "debian", Version: "12"}
	for i := range maxPURLs + 10 {
		p := landwaiter.Package{Type: "deb", Name: "x", Version: fmt.Sprint(i), Path: fmt.Sprint("/", i)}
		want := fmt.Sprintf("pkg:deb/debian/x@%d?distro=debian-12", i)
		for range 2 { // written, and remembered for wherever else the package lies
			if got := c.of(p, debian); got != want || len(c.m) > maxPURLs {
				t.Fatalf("%s of %d, want %s", got, len(c.m), want)
			}
			p.Path = "/elsewhere"
		}
	}
}
