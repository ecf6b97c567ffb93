package scan

import (
	"slices"
	"sync"

	"github.com/landwaiter/landwaiter"
)

// maxFacts bounds what the facts of layers that are kept in memory weigh:
// about what they occupy, in bytes. The base layers of a fleet have some
// hundred KiB each.
const maxFacts = 16 << 20

// factsCache keeps the facts of layers that were needed last, decoded: the
// images of a fleet are built on few base layers. The reports in it are shared
// and must not be changed. The zero value is empty. Safe for concurrent use.
type factsCache struct {
	mu     sync.Mutex
	m      map[string]*cachedFacts // by diffID
	weight int
}

type cachedFacts struct {
	of     []landwaiter.Analyser
	report *landwaiter.LayerReport
	weight int
}

// get returns the facts that the analysers found in a layer, which load reads
// when they are not there.
func (c *factsCache) get(
	diffID string, of []landwaiter.Analyser, load func() (*landwaiter.LayerReport, error),
) (*landwaiter.LayerReport, error) {
	c.mu.Lock()
	kept := c.m[diffID]
	c.mu.Unlock()
	if kept != nil && slices.Equal(kept.of, of) {
		return kept.report, nil
	}
	rep, err := load()
	if err == nil {
		c.put(diffID, &cachedFacts{of: of, report: rep, weight: weigh(rep)})
	}
	return rep, err
}

// put makes room by dropping others, whichever: a base layer that was dropped
// is soon back.
func (c *factsCache) put(diffID string, f *cachedFacts) {
	if f.weight > maxFacts/4 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.m == nil {
		c.m = map[string]*cachedFacts{}
	}
	c.drop(diffID)
	for other := range c.m {
		if c.weight+f.weight <= maxFacts {
			break
		}
		c.drop(other)
	}
	c.m[diffID] = f
	c.weight += f.weight
}

func (c *factsCache) drop(diffID string) {
	if old := c.m[diffID]; old != nil {
		c.weight -= old.weight
		delete(c.m, diffID)
	}
}

// weigh estimates the memory of a report: 8 bytes for each path of its index,
// and a fact with its strings.
func weigh(rep *landwaiter.LayerReport) int {
	return 8*len(rep.Index) + 512*(1+len(rep.Packages)+len(rep.Malware)+len(rep.Risks))
}
