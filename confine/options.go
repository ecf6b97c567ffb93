package confine

import (
	"context"
	"io"
	"time"

	"github.com/landwaiter/landwaiter"
)

// Mode says what to do if a child cannot be fully confined.
type Mode string

// The modes.
const (
	Require Mode = "require" // nothing is read unless the child is fully confined
	Prefer  Mode = "prefer"  // confine as far as the system allows; [Status] says how far
	Off     Mode = "off"     // no child: layers are read in process
)

// Level says how far a child is confined.
type Level string

// The levels.
const (
	// Full: the seccomp filter, landlock with its scopes (ABI 6), and the
	// limit on memory are all in force.
	Full Level = "full"
	// Partial: some of them are in force.
	Partial Level = "partial"
	// None: a plain child, or none at all.
	None Level = "none"
)

// Status says what is in force in a child. Reasons say what is missing and why; there
// are none at the level Full.
type Status struct {
	Level    Level
	Landlock int  // the kernel's ABI version that is in force; 0 for none
	Filter   bool // the seccomp filter
	Private  bool // own namespaces: user, network, processes, IPC, mounts
	Memory   bool // the parent can see how much memory the child holds
	Reasons  []string
}

// Skip is a file that an analyser must skip because a child died of it.
type Skip struct {
	Path     string
	Analyser string
	Reason   string
}

// Job is one layer to analyse in a child.
type Job struct {
	Want []string // the analysers; never empty
	// Skipped reports whether the analyser must skip the file, and why. It must be
	// called before an analyser reads a file.
	Skipped func(path []byte, analyser string) (reason string, skip bool)
	// Mark must be called when an analyser starts on a file of size bytes, and with
	// an empty analyser when it is done.
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
	// Files are opened by the parent and passed to the child's setup, in order.
	Files []string
	// Config is passed to the child's setup, at most 64 KiB.
	Config []byte
	// Memory is the limit on the resident memory of a child, in bytes; default 512
	// MiB.
	Memory int64
	// CPU is the limit on the processor time of a child; default 35 minutes.
	CPU time.Duration
	// FileTime returns how much processor time an analyser may take for a file of
	// size bytes. By the clock it may take three times as long.
	FileTime func(size int64) time.Duration
	// LayerTime returns how much processor time a layer may take once handed bytes
	// of it were passed to the child.
	LayerTime func(handed int64) time.Duration
}

const (
	// defaultMemory leaves room: real layers need up to 200 MiB, mostly for the
	// trees of lock files.
	defaultMemory = 512 << 20
	// defaultCPU is above what LayerTime ever grants, as a second line.
	defaultCPU = 35 * time.Minute
	// maxLayerTime is what a layer may take whatever its size: 32 GiB, the
	// limit of package layer, inflate and hash in three to five minutes.
	maxLayerTime = 30 * time.Minute
	// maxFileTime is what one file may take: the slowest real file seen, a WAR
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
