package archive

import (
	"context"
	"os"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/layer"
	"github.com/landwaiter/landwaiter/source"
)

// openTar opens the tar at p, inflated when it is compressed.
func (s *Source) openTar(ctx context.Context, p string) (*source.Tar, error) {
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
	}
	t, err := source.IndexTar(ctx, plain)
	if err != nil {
		plain.Close()
		return nil, err
	}
	return t, nil
}

// cheapBytes is how much of an inflated archive may pack to nothing. It is on
// disk, unlike the content of a layer.
const cheapBytes = 1 << 30

// inflate returns file itself when it is not compressed, else a temporary
// file with the uncompressed bytes.
func (s *Source) inflate(ctx context.Context, file *os.File) (*os.File, error) {
	limits := layer.Limits{Bytes: s.options.MaxInflated, RatioFrom: cheapBytes}
	r, compressed, err := layer.Inflate(source.Bound(ctx, file), limits)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if !compressed {
		return file, nil
	}
	return source.Spool(ctx, s.options.Spool, r)
}
