package source

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/landwaiter/landwaiter"
)

// Spool copies r to a temporary file in dir ("" means that of the system) and
// returns the file. The file is already unlinked: nothing remains when the process
// ends, even by a crash. Reading stops when ctx ends. Errors: Unavailable if the
// file cannot be created or the disk is full; errors of r are passed on.
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
		"cannot write a temporary file: free space or choose another spool directory: %w", err)
}
