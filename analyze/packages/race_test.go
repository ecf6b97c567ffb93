//go:build race

package packages

// raceDetector: with it, a sync.Pool forgets at random, so allocations say
// nothing of the readers.
const raceDetector = true
