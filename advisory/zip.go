package advisory

import (
	"archive/zip"
	"context"
	"io"
	"os"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Limits of a zip of records. The directory of a zip is read into memory as a
// whole: an entry takes at least 47 bytes there and about 250 as a structure, so
// 64 MB of directory become at most 1.4 million entries and 350 MB. The largest
// dump has about 250,000 records of 90 bytes each there, 22 MB.
const (
	maxZip          = 4 << 30
	maxZipDirectory = 64 << 20
)

// All records of a zip together may inflate to maxInflated and maxRatio times its size. Dumps inflate to 5 to 20 times
// their size; without a limit, 1.4 million entries that share the same bytes are 22 TB.
const (
	maxInflated = 256 << 20
	maxRatio    = 100
)

// archive is an open zip of records.
type archive struct {
	*zip.Reader
	file *os.File
	size int64
}

// openArchive opens a dump. The caller closes its file.
func openArchive(name string) (*archive, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.NotFound, "cannot open the dump: %w", err)
	}
	a, err := newArchive(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}

func newArchive(f *os.File) (*archive, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxZip {
		return nil, landwaiter.Errorf(landwaiter.TooLarge, "%s has more than %d GB", f.Name(), maxZip>>30)
	}
	// The bytes between the directory and the end are read at most twice.
	metered := &meteredReader{r: f, left: maxZipDirectory + 1<<20}
	r, err := zip.NewReader(metered, info.Size())
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "%s is not a complete zip file: %w", f.Name(), err)
	}
	metered.left = -1
	r.RegisterDecompressor(zip.Deflate, inflate)
	return &archive{r, f, info.Size()}, nil
}

// verify reads every record, so that the checksums and the size of all together are checked before the first one is
// used. Errors: Corrupt, TooLarge.
func (a *archive) verify(ctx context.Context) error {
	left := maxInflated + maxRatio*a.size
	for _, f := range a.File {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !strings.HasSuffix(f.Name, ".json") || f.UncompressedSize64 > MaxRecord {
			continue // not a record, or a skipped one
		}
		n, err := inflatedSize(f)
		if err != nil {
			return landwaiter.Errorf(landwaiter.Corrupt, "the dump is damaged: %w", err)
		}
		if left -= n; left < 0 {
			return landwaiter.Errorf(landwaiter.TooLarge,
				"the dump inflates to more than %d times its size, the limit", maxRatio)
		}
	}
	return nil
}

func inflatedSize(f *zip.File) (int64, error) {
	r, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return io.Copy(io.Discard, io.LimitReader(r, MaxRecord+1))
}

// records delivers every record in the order of the directory. Unreadable records go
// to skip.
func (a *archive) records(ctx context.Context, b *batcher, skip func(error), progress func(int64)) error {
	for _, f := range a.File {
		if err := ctx.Err(); err != nil {
			return err
		}
		id, ok := strings.CutSuffix(path.Base(f.Name), ".json")
		if !ok {
			continue
		}
		if err := addEntry(b, id, f); err != nil {
			skip(err)
			continue
		}
		progress(int64(min(f.CompressedSize64, uint64(a.size))))
		if b.full() {
			if err := b.flush(); err != nil {
				return err
			}
		}
	}
	return b.flush()
}

func addEntry(b *batcher, id string, f *zip.File) error {
	if !validID(id) {
		return landwaiter.Errorf(landwaiter.Corrupt, "the name of a file in the dump is not the ID of a record")
	}
	if f.UncompressedSize64 > MaxRecord {
		return tooLarge(id)
	}
	r, err := f.Open()
	if err != nil {
		return landwaiter.Errorf(landwaiter.Corrupt, "record %s: %w", id, err)
	}
	defer r.Close()
	return b.add(id, r)
}

// meteredReader fails after a number of bytes; a negative number means no limit.
type meteredReader struct {
	r    io.ReaderAt
	left int64
}

func (m *meteredReader) ReadAt(p []byte, off int64) (int, error) {
	if m.left >= 0 {
		if m.left -= int64(len(p)); m.left < 0 {
			m.left = 0
			return 0, landwaiter.Errorf(landwaiter.TooLarge, "the directory of the zip has more than %d MB", maxZipDirectory>>20)
		}
	}
	return m.r.ReadAt(p, off)
}
