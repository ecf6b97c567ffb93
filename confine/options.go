package confine

import (
	"context"
	"io"
	"time"

	"github.com/landwaiter/landwaiter"
)

// Mode says what to do where a child cannot be confined.
type Mode string

// The modes.
const (
	Require Mode = "require" // nothing is read unless the child is fully confined
	Prefer  Mode = "prefer"  // as far as the system allows; [Status] says how far
	Off     Mode = "off"     // no child: layers are read in process
)

// Level says how far a child is confined.
type Level string

// The levels.
const (
	// Full: the seccomp filter, landlock with its scopes (ABI 6), and the
	// limit on memory are all in force.
	Full Level = "full"
	// Partial: some of them are.
	Partial Level = "partial"
	// None: a plain child, or none at all.
	None Level = "none"
)

// Status is what is in force in a child. Reasons say what is missing, and why;
// there are none at the level Full.
type Status struct {
	Level    Level
	Landlock int  // the kernel's ABI version that is in force; 0 for none
	Filter   bool // the seccomp filter
	Private  bool // own namespaces: user, network, processes, IPC, mounts
	Memory   bool // the parent can see how much memory the child holds
	Reasons  []string
}

// Skip is one file that one analyser must leave alone, and why: a reader died
// of it.
type Skip struct {
	Path     string
	Analyser string
	Reason   string
}

// Job is one layer to analyse in a child.
type Job struct {
	Want []string // the analysers; never empty
	// Skipped returns why the analyser must leave the file alone. It is called
	// before an analyser looks into a file.
	Skipped func(path []byte, analyser string) (reason string, skip bool)
	// Mark tells which analyser begins to look into which file, of size bytes.
	// Without an analyser it tells that the last one is done.
	Mark func(path []byte, analyser string, size int64)
}

// Analyse reads a blob. It runs in the child, for one layer at a time.
type Analyse func(ctx context.Context, blob io.Reader, job Job) (*landwaiter.LayerReport, error)

// Options configure a [Reader]. The zero value of a field means its default.
type Options struct {
	Mode Mode // default Prefer
	// Spool is the directory of the children's temporary files, which have no
	// name; "" means the system's.
	Spool string
	// Files are opened by the parent and handed to the child's setup, in order.
	Files []string
	// Config is handed to the child's setup, at most 64 KiB.
	Config []byte
	// Memory is the most that a child may hold, in bytes; default 512 MiB.
	Memory int64
	// CPU is the most processor time of one child in its life; default 35 min.
	CPU time.Duration
	// FileTime returns how long one analyser may look into a file of so many
	// bytes: processor time, and three times as long by the clock.
	FileTime func(size int64) time.Duration
	// LayerTime returns how much processor time a layer may take of which so
	// many bytes were handed over.
	LayerTime func(handed int64) time.Duration
}

const (
	// defaultMemory: honest layers of the corpus need up to 200 MiB, most of it
	// the trees of lock files.
	defaultMemory = 512 << 20
	// defaultCPU is above what LayerTime ever grants, as a second line.
	defaultCPU = 35 * time.Minute
	// maxLayerTime is what a layer may take whatever its size: 32 GiB, the
	// limit of package layer, inflate and hash in three to five minutes.
	maxLayerTime = 30 * time.Minute
	// maxFileTime is what one file may take: the slowest honest file seen, a war
	// of 300 MiB with nested jars, takes four seconds.
	maxFileTime = 20 * time.Second
	// retireAfter is the processor time after which a child gets no further
	// layer, so that defaultCPU is never met by an honest one.
	retireAfter = 2 * time.Minute
)

func (o Options) orDefaults() Options {
	if o.Mode == "" {
		o.Mode = Prefer
	}
	if o.Memory <= 0 {
		o.Memory = defaultMemory
	}
	if o.CPU <= 0 {
		o.CPU = defaultCPU
	}
	if o.FileTime == nil {
		o.FileTime = fileTime
	}
	if o.LayerTime == nil {
		o.LayerTime = layerTime
	}
	return o
}

// fileTime is five seconds for any file, and one more for each 4 MiB.
func fileTime(size int64) time.Duration {
	return min(maxFileTime, 5*time.Second+time.Duration(min(max(0, size)>>22, 3600))*time.Second)
}

// layerTime is 40 seconds for any layer, and one more for each MiB: a hundred
// times what reading takes, and enough for the files that take their time.
func layerTime(handed int64) time.Duration {
	return min(maxLayerTime, 40*time.Second+time.Duration(min(max(0, handed)>>20, 3600))*time.Second)
}
