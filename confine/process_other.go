//go:build unix && !linux

package confine

import (
	"errors"
	"os"
	"syscall"
	"time"
)

func keepDescriptors() {}

func executable() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0] // starting it returns the error
	}
	return path
}

func attributes() []attribute { return []attribute{{sys: &syscall.SysProcAttr{Setpgid: true}}} }

// newSlate returns a temporary file without a name.
func newSlate() (*os.File, error) {
	f, err := newSpool("")
	if err == nil {
		err = f.Truncate(slateSize)
	}
	return f, err
}

// reopen is not supported, so blobs go through a pipe.
func reopen(*os.File) (*os.File, error) { return nil, errors.ErrUnsupported }

func widen(int) {}

func (p *process) openProc() {}

func (p *process) usage() (rss int64, cpu time.Duration, err error) {
	return 0, 0, errors.ErrUnsupported
}

func (p *process) verify() { p.status.Level = p.status.level() }
