// Package layer reads image layers, each in one pass, and merges the reports
// of an image's layers.
//
// A [Reader] decompresses a blob, hashes it before and after decompression and
// walks the tar archive inside, without creating a file. [Merge] combines the
// reports of an image's layers as a container runtime combines their files.
package layer
