// Package scan turns one image into a report.
//
// A [Scanner] reads the layers that the store does not know yet, merges the
// facts of all layers, and commits the report. Scans that need the same layer at
// once read it once. The package knows no queue: package task runs scans of many
// images.
package scan
