package analysis

import (
	"context"
	"io"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/layer"
)

// InMemory is the size, in bytes, up to which the content of a file is held in
// memory. Larger files that a run wants whole are in a temporary file.
const InMemory = 8 << 20

// Analyser finds one sort of facts in layers. It is safe for concurrent use.
type Analyser interface {
	// Describe returns the name, which is unique, the version, which changes
	// whenever the same bytes would give other findings, and the kinds of scan
	// that need the analyser.
	Describe() landwaiter.Analyser
	// Start begins the analysis of a layer. The run reports to findings.
	Start(findings *Findings) Run
}

// Run is the analysis of one layer. It is called from one goroutine: for each
// entry Entry, and then, as long as the content is wanted, Head and File. An
// entry is over when Entry is called for the next one.
//
// A run that asks for Stream must also be an io.Writer: between Head and File it
// gets the content, from the first byte on, in pieces.
//
// After a panic the run is asked about the next entry as if nothing had been.
type Run interface {
	// Entry looks at the header of an entry and says what it wants of the
	// content. Only regular files that are not empty have any.
	Entry(e *layer.Entry) Want
	// Head looks at the first bytes of the content, at least one, at most 4 KiB,
	// and reports whether the content is still wanted.
	Head(e *layer.Entry, head []byte) bool
	// File looks at the content. An error is told in the coverage; what was
	// found before it counts.
	File(ctx context.Context, f *File) error
}

// Finisher is a Run with something to do when the layer has been read.
type Finisher interface {
	Finish()
}

// Want is what a run wants of the content of a file. The zero value is nothing.
type Want struct {
	Content Content
	// Max is the size, in bytes, of the largest file that is read; 0 means that
	// any is. That a larger one was wanted is told in the coverage, unless Head
	// refuses it.
	Max int64
}

// Content says how a run wants to see a file.
type Content uint8

// The ways to see a file.
const (
	None   Content = iota
	Stream         // as it passes: by Write
	Whole          // at random access: by File.Data, and by File.Bytes when in memory
)

// File is the content of a regular file. It is valid until the method that was
// given it returns.
type File struct {
	// Entry is the header. Its size is what the tar claims.
	Entry *layer.Entry
	// Size is the number of bytes that were read.
	Size int64
	// Data has the content in its first Size bytes; nil for a Stream.
	Data io.ReaderAt
	// Bytes is the content when it is in memory, as it is up to InMemory bytes;
	// nil otherwise and for a Stream. It must not be changed.
	Bytes []byte
}
