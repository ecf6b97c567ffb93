// Package task scans many images: it creates tasks, dispatches their image
// scans, and stops, times out and resumes them.
//
// A [Runner] works on jobs of a queue (River) that lives in the same database
// as everything else, so a task appears in one transaction with its frozen set
// of images and its job, and a report with the end of its image scan.
//
// There are two kinds of jobs. The job of a task is short and comes back every
// second until the task has ended. The job of an image scan does the work, by
// package scan. Only one job ever speaks for an image scan; when its worker
// dies, the job goes to another worker and the scan starts over, at the cost of
// the layer that was in flight.
//
// The rules of a task's life are in life.go, and nowhere else: the store knows
// how rows change, not when. What shall happen when a task or an image scan
// ends is listed in ended.go.
package task
