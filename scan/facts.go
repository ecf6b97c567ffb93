package scan

import (
	"slices"
	"sync"

	"github.com/landwaiter/landwaiter"
)

// maxFacts bounds the memory of the cached layer reports, in bytes. A base layer
// has some hundred KiB of facts.
const maxFacts = 16 << 20

// factsCache keeps layer reports in memory, decoded: the images of a fleet are
// built from few base layers. The reports in it are shared and must not be
// modified. The zero value is empty. It is safe for concurrent use.
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

// get returns the facts that the analysers found in a layer. It calls load if they
// are not in the cache.
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

// put makes room by dropping arbitrary other reports: a base layer that is dropped
// is soon loaded again.
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

// weigh estimates the memory of a report: 8 bytes for each path of its index, and
// 512 for each fact with its strings.
func weigh(rep *landwaiter.LayerReport) int {
	return 8*len(rep.Index) + 512*(1+len(rep.Packages)+len(rep.Malware)+len(rep.Risks))
}
