// Package scan turns images into reports and runs tasks over many of them.
//
// A Scanner scans one image: it reads the layers that the store does not know
// yet, merges all layers' facts, and commits the report. An Engine runs tasks
// on top of it, as jobs of a queue (River) that lives in the same database as
// the rest, so that a task, its frozen set of images and its job appear in one
// transaction, and so does a report with the end of its image scan.
//
// There are two kinds of jobs. The job of a task is short and comes back
// every second until the task has ended: it ends what must end (stopped, out
// of time) and keeps a bounded window of image scans queued. The job of an
// image scan does the work. Only one job ever speaks for an image scan; if its
// worker dies, the job goes to another one (see store.Beat) and starts over,
// at the cost of the layer that was in flight.
package scan
