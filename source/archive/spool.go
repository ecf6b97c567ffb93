package archive

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/layer"
)

// openTar opens the tar at p, inflated when it is compressed.
func (s *Source) openTar(ctx context.Context, p string) (*tarFiles, error) {
	info, err := s.root.Stat(p)
	if err != nil {
		return nil, pathError(p, err)
	}
	if !info.Mode().IsRegular() {
		return nil, landwaiter.Errorf(landwaiter.Unsupported, "%s is not a regular file", p)
	}
	file, err := s.root.Open(p)
	if err != nil {
		return nil, pathError(p, err)
	}
	plain, err := s.inflate(ctx, file)
	if err != nil {
		file.Close()
		return nil, err
	}
	if plain != file {
		file.Close()
		file = plain
		if info, err = file.Stat(); err != nil {
			file.Close()
			return nil, pathError(p, err)
		}
	}
	r := &contextSeeker{ctx, io.NewSectionReader(file, 0, info.Size())}
	t, err := indexTar(file, r)
	if err != nil {
		file.Close()
		return nil, err
	}
	return t, nil
}

// inflate returns file itself when it is not compressed, else a temporary
// file with the uncompressed bytes.
func (s *Source) inflate(ctx context.Context, file *os.File) (*os.File, error) {
	r, compressed, err := layer.Inflate(&contextReader{ctx, file}, layer.Limits{Bytes: s.options.MaxInflated})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if !compressed {
		return file, nil
	}
	spool, err := os.CreateTemp(s.options.Spool, "landwaiter-*")
	if err != nil {
		return nil, spoolError(err)
	}
	// Without a name nothing is left behind, however the process ends.
	if err := os.Remove(spool.Name()); err != nil {
		spool.Close()
		return nil, spoolError(err)
	}
	if _, err := io.Copy(spool, r); err != nil {
		spool.Close()
		if errors.Is(err, syscall.ENOSPC) {
			return nil, spoolError(err)
		}
		return nil, err
	}
	return spool, nil
}

func spoolError(err error) error {
	return landwaiter.Errorf(landwaiter.Unavailable,
		"no temporary file for the compressed archive: make room or choose another spool directory: %w", err)
}

// contextReader ends a long read of a file when its context ends.
type contextReader struct {
	ctx context.Context
	io.Reader
}

func (r *contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// contextSeeker is the same for a tar that is only skipped through.
type contextSeeker struct {
	ctx context.Context
	*io.SectionReader
}

func (r *contextSeeker) Read(p []byte) (int, error) {
	return (&contextReader{r.ctx, r.SectionReader}).Read(p)
}
