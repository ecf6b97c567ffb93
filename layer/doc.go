// Package layer reads one image layer in one pass and merges what was found
// in the layers of an image.
//
// A [Reader] decompresses a blob, hashes both sides of the decompression and
// walks the tar inside, without ever creating a file. [Merge] lays the
// reports of an image's layers over each other, as a container runtime would
// lay their files.
package layer
