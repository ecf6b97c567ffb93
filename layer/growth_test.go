package layer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

// stack makes n times the layers, facts and index entries of a hostile image.
var stacks = map[string]func(n int) []*landwaiter.LayerReport{
	"many tiny layers over deep files": func(n int) []*landwaiter.LayerReport {
		layers := []*landwaiter.LayerReport{deepFacts(100*n, 300)}
		for i := range 50 * n {
			layers = append(layers, indexed(kindFile, fmt.Sprint("x", i)))
		}
		return layers
	},
	"deeper paths": func(n int) []*landwaiter.LayerReport {
		return []*landwaiter.LayerReport{deepFacts(200, 100*n), indexed(kindFile, "x")}
	},
	"whiteouts of what is not there": func(n int) []*landwaiter.LayerReport {
		var gone []string
		for i := range 25_000 * n {
			gone = append(gone, fmt.Sprint("gone/", i))
		}
		return []*landwaiter.LayerReport{deepFacts(10, 10), indexed(kindWhiteout, gone...)}
	},
	"whiteouts of each file": func(n int) []*landwaiter.LayerReport {
		base := deepFacts(2000*n, 10)
		var gone []string
		for _, p := range base.Packages {
			gone = append(gone, p.Path)
		}
		return []*landwaiter.LayerReport{base, indexed(kindWhiteout, gone...)}
	},
	"opaque directories in opaque directories in every layer": func(n int) []*landwaiter.LayerReport {
		layers := []*landwaiter.LayerReport{deepFacts(500*n, 1)}
		for range 16 {
			var dirs []string
			for depth := range 25 * n {
				dirs = append(dirs, "srv"+strings.Repeat("/d", depth))
			}
			layers = append(layers, indexed(kindOpaque, dirs...))
		}
		shared := "srv" + strings.Repeat("/d", 25*n)
		for i := range 500 * n {
			layers[0].Packages = append(layers[0].Packages, npm(fmt.Sprint(shared, "/", i)))
		}
		return layers
	},
	"one path in every layer": func(n int) []*landwaiter.LayerReport {
		var layers []*landwaiter.LayerReport
		for i := range 500 * n {
			l := indexed(kindFile, "a/package.json")
			l.Packages = []landwaiter.Package{npm("a/package.json")}
			l.Packages[0].Version = fmt.Sprint(i % 3)
			layers = append(layers, l)
		}
		return layers
	},
	"one file of many packages": func(n int) []*landwaiter.LayerReport {
		l := indexed(kindFile, "yarn.lock")
		for i := range 5000 * n {
			p := npm("yarn.lock")
			p.Name = fmt.Sprint(i)
			l.Packages = append(l.Packages, p)
		}
		return []*landwaiter.LayerReport{l, l, l}
	},
}

func npm(path string) landwaiter.Package {
	return landwaiter.Package{Type: "npm", Name: "p", Version: "1", Path: path}
}

// deepFacts is a layer with packages in directories of their own, so many
// levels deep.
func deepFacts(n, depth int) *landwaiter.LayerReport {
	r := &landwaiter.LayerReport{}
	for i := range n {
		r.Packages = append(r.Packages, npm(fmt.Sprint("srv/", i, strings.Repeat("/d", depth), "/package.json")))
	}
	return r
}

func indexed(kind byte, paths ...string) *landwaiter.LayerReport {
	r := &landwaiter.LayerReport{}
	for _, p := range paths {
		r.Index = append(r.Index, pathHash(kind, p))
	}
	slices.Sort(r.Index)
	return r
}

// TestMergeIsLinear counts steps, not time. A layer more costs each fact a 64th
// of a step, which does not show.
func TestMergeIsLinear(t *testing.T) {
	for name, stack := range stacks {
		t.Run(name, func(t *testing.T) {
			taken := [3]int{}
			for i := range taken {
				s := &steps{ctx: t.Context()}
				if _, err := mergeIn(s, stack(1<<i)); err != nil {
					t.Fatal(err)
				}
				taken[i] = s.taken
			}
			t.Log(taken)
			for i := range 2 {
				if growth := float64(taken[i+1]) / float64(taken[i]); growth > 2.4 {
					t.Errorf("%d steps for n=%d, %d for twice that: %.2f times as many", taken[i], 1<<i, taken[i+1], growth)
				}
			}
		})
	}
}

// TestMergeOfAThousandLayers: what every layer replaces has one visible fact.
func TestMergeOfAThousandLayers(t *testing.T) {
	m, err := Merge(t.Context(), stacks["one path in every layer"](2))
	if err != nil || len(m.Packages) != 1 || len(m.HiddenPackages) != 999 {
		t.Errorf("%d present, %d hidden, %v", len(m.Packages), len(m.HiddenPackages), err)
	}
}

// countdown is a context that ends after so many looks, and counts them.
type countdown struct {
	context.Context
	left, looks int
}

func (c *countdown) Err() error {
	c.looks++
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestMergeStops: a merge ends at the first look at a context that has ended,
// and looks at it after a bounded number of steps.
func TestMergeStops(t *testing.T) {
	// The most steps that are taken at once are those for the longest path.
	const most = stepsPerLook + 3*4096
	goroutines := runtime.NumGoroutine()
	for name, stack := range stacks {
		layers := stack(1)
		whole := &countdown{Context: t.Context(), left: 1 << 40}
		s := &steps{ctx: whole}
		if _, err := mergeIn(s, layers); err != nil {
			t.Fatal(err)
		}
		if s.taken/whole.looks > most {
			t.Errorf("%s: %d looks in %d steps", name, whole.looks, s.taken)
		}
		for range 20 {
			// Sorting takes more or fewer steps from one merge to the next, so the
			// last looks may not come.
			ctx := &countdown{Context: t.Context(), left: rand.IntN(1 + whole.looks*3/4)}
			s, want := &steps{ctx: ctx}, ctx.left
			m, err := mergeIn(s, layers)
			if !errors.Is(err, context.Canceled) || m.Packages != nil {
				t.Fatalf("%s: ended at look %d: %v, %d packages", name, want, err, len(m.Packages))
			}
			if ctx.looks != want+1 {
				t.Errorf("%s: %d looks after the end", name, ctx.looks-want-1)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Duration(rand.IntN(2000))*time.Microsecond, cancel)
		if _, err := Merge(ctx, layers); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		cancel()
	}
	if n := runtime.NumGoroutine(); n > goroutines+1 {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
}
