// Package tasks measures the task engine at fleet size: what it costs to
// create, follow, stop and resume a task over 100,000 images, and how many
// images a second one process and three scan when every layer is known.
//
// It is a test, so that it starts the databases by package realtest and cannot
// rot: `go test` runs it over a few images, `make bench-tasks` over 100,000.
// It asserts that the work is done, never how fast.
//
// The images are rows of the store, and their manifests and configs are served
// by a registry in the test's process; the server and the workers are the real
// binary. A scan therefore costs what it costs a fleet whose layers are known:
// two requests to the registry, the reading of stored facts, the merge, and the
// rows of the task. No layer is ever downloaded.
package tasks
