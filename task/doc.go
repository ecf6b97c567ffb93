// Package task scans many images: it creates tasks, dispatches their image
// scans, and stops, times out and resumes them.
//
// A [Runner] works on jobs of a queue (River) that lives in the same database
// as everything else, so a task appears in one transaction with its frozen set
// of images and its job, and a report with the end of its image scan.
//
// There are two kinds of jobs. The job of a task is short and runs every second
// until the task has ended. The job of an image scan calls package scan. An image
// scan has at most one job at a time. If its worker dies, the job goes to another
// worker and the scan starts over; only layers that were not finished are read
// again.
//
// life.go has all the rules by which tasks and image scans change state: package
// store knows how rows change, not when. ended.go lists what happens when a task or
// an image scan ends.
package task
