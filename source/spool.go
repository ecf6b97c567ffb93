package source

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/landwaiter/landwaiter"
)

// Spool copies r into a temporary file in dir ("" means the system's) and
// returns that file, which has no name any more: nothing is left behind,
// however the process ends. Reading stops when ctx ends. Errors: Unavailable
// when there is no file or no room; those of r are passed on.
func Spool(ctx context.Context, dir string, r io.Reader) (*os.File, error) {
	file, err := os.CreateTemp(dir, "landwaiter-*")
	if err != nil {
		return nil, spoolError(err)
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, spoolError(err)
	}
	if _, err := io.Copy(file, Bound(ctx, r)); err != nil {
		file.Close()
		if errors.Is(err, syscall.ENOSPC) {
			return nil, spoolError(err)
		}
		return nil, err
	}
	return file, nil
}

func spoolError(err error) error {
	return landwaiter.Errorf(landwaiter.Unavailable,
		"no temporary file for the archive: make room or choose another spool directory: %w", err)
}
