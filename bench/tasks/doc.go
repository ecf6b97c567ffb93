// Package tasks measures tasks at fleet size: the cost to create, follow, stop
// and resume a task over 100,000 images, and how many images one and three
// processes scan per second when all layers are known.
//
// It is a test so that it can start databases with package realtest and keeps
// working: `go test` runs it over a few images, `make bench-tasks` over 100,000.
// It checks that the work is done, but not how fast.
//
// The images are rows of the store. A registry in the test's process serves
// their manifests and configurations; the server and the workers are the real
// binary. A scan therefore costs as much as in a fleet whose layers are known:
// two requests to the registry, loading the stored facts, the merge, and the
// rows of the task. No layer is ever downloaded.
package tasks
