package advisory

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// maxFiles bounds the files of one Walk: a plan entry takes about 200 bytes,
// so two million are 400 MB; all of OSV as loose files is below one million.
const maxFiles = 2_000_000

// maxReasons is how many reasons a Summary keeps.
const maxReasons = 20

// Handler receives what Walk reads. Its functions are called one at a time, on the
// goroutine of Walk, while the next input is read. Input for a nil function is
// skipped. An error ends the walk and is returned.
type Handler struct {
	Records     func(Batch) error
	Enrichments func([]landwaiter.Enrichment) error
	Lifecycles  func([]landwaiter.Lifecycle) error
	// Seen gets the SHA-256 of each zip before it is read, and returns true to
	// skip it. Unlike the others, it is called on another goroutine.
	Seen func(sum [32]byte) (bool, error)
	// Done is called when all records of a zip were delivered.
	Done func(sum [32]byte) error
	// Progress gets the bytes of the files done so far, and the total, which is
	// known from the start.
	Progress func(done, total int64)
}

// Summary counts what a walk found.
type Summary struct {
	Records     int
	Unchanged   int // zips skipped, because Handler.Seen knew them
	Enrichments int
	Lifecycles  int
	Skipped     int      // records and files that could not be read
	Reasons     []string // the first few reasons
	Failed      []Failure
}

// Failure is a file that failed. Of most formats nothing of it was delivered, of others only what precedes the fault.
type Failure struct {
	Path      string
	Ecosystem string // of a damaged dump; "" for other files
	Err       error  // has a landwaiter.ErrorKind
}

// Walk reads the inputs of an import: OSV dumps (folders "<Ecosystem>/all.zip"),
// zips of records, single records, KEV's JSON, CSV files of CVSS, SSVC or EPSS
// by CVE, distro-info's CSV, endoflife.date's product files and release JSON,
// and folders of any of these. The content decides the kind of a file. Files are read
// in the order of their paths. Links are not followed.
//
// In a folder, files of other kinds are skipped; as an argument, such a file is
// landwaiter.Unsupported. A zip is read completely before its first record is
// delivered, so a damaged one delivers nothing. Files that fail are in Summary.Failed,
// and the others are still read. The error of Walk is that of a handler, of the
// context, or of a path that does not exist.
func Walk(ctx context.Context, paths []string, h Handler) (Summary, error) {
	files, total, err := plan(paths)
	if err != nil {
		return Summary{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &walker{ctx: ctx, deliveries: make(chan func() error, 1), handler: h, total: total}
	readErr := make(chan error, 1)
	go func() {
		defer close(w.deliveries)
		readErr <- w.readAll(files)
	}()
	var failed error
	for deliver := range w.deliveries {
		if failed == nil {
			failed = deliver()
		}
		if failed != nil {
			cancel() // and drain, so that the reader ends
		}
	}
	err = <-readErr
	if failed != nil {
		err = failed
	}
	return w.summary, err
}

// file is one input.
type file struct {
	path  string
	size  int64
	named bool // by the user, not found in a folder
}

// ecosystem is the name of the folder of a dump; "" for other files.
func (f file) ecosystem() string {
	if filepath.Base(f.path) != "all.zip" {
		return ""
	}
	return filepath.Base(filepath.Dir(f.path))
}

// plan lists the files under the paths and their total size.
func plan(paths []string) (files []file, total int64, err error) {
	add := func(path string, d fs.DirEntry, named bool) error {
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		if len(files) == maxFiles {
			return landwaiter.Errorf(landwaiter.TooLarge, "more than %d files; import zips instead", maxFiles)
		}
		files = append(files, file{path, info.Size(), named})
		total += info.Size()
		return nil
	}
	for _, root := range paths {
		info, err := os.Stat(root)
		if err != nil {
			return nil, 0, landwaiter.Errorf(landwaiter.NotFound, "cannot import: %w", err)
		}
		if !info.IsDir() {
			err = add(root, fs.FileInfoToDirEntry(info), true)
		} else {
			err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				return add(path, d, false)
			})
		}
		if err != nil {
			return nil, 0, err
		}
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.path, b.path) })
	return slices.CompactFunc(files, func(a, b file) bool { return a.path == b.path }), total, nil
}

// walker is the reading half of a walk. The summary is the delivering half's.
type walker struct {
	ctx        context.Context
	deliveries chan func() error
	handler    Handler
	loose      *batcher
	summary    Summary
	read       int64 // bytes of the files done
	total      int64
}

func (w *walker) readAll(files []file) error {
	w.loose = &batcher{emit: w.records}
	for _, f := range files {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		before := w.read
		if err := w.readFile(f); err != nil {
			if w.ctx.Err() != nil {
				return w.ctx.Err()
			}
			w.fail(Failure{Path: f.path, Ecosystem: f.ecosystem(), Err: err})
		}
		w.read = before + f.size
	}
	if err := w.loose.flush(); err != nil {
		return err
	}
	return w.deliver(func() error { return nil })
}

func (w *walker) readFile(f file) error {
	var err error
	switch strings.ToLower(filepath.Ext(f.path)) {
	case ".zip":
		return w.zip(f)
	case ".json":
		err = w.json(f)
	case ".csv", ".gz":
		err = w.csv(f)
	case ".md":
		err = w.product(f)
	default:
		err = errForeign
	}
	switch {
	case errors.Is(err, errForeign) && f.named:
		return landwaiter.Errorf(landwaiter.Unsupported, "%s is neither an OSV record or dump nor enrichment data", f.path)
	case errors.Is(err, errForeign):
		return nil
	case landwaiter.KindOf(err) == landwaiter.Corrupt && !f.named,
		landwaiter.KindOf(err) == landwaiter.TooLarge && !f.named:
		w.skip(fmt.Errorf("%s: %w", f.path, err))
		return nil
	}
	return err
}

func (w *walker) zip(f file) error {
	a, err := openArchive(f.path)
	if err != nil {
		return err
	}
	defer a.file.Close()
	sum, seen, err := w.seen(a)
	if err != nil {
		return err
	}
	if seen {
		return w.deliver(func() error {
			w.summary.Unchanged++
			return nil
		})
	}
	if err := a.verify(w.ctx); err != nil {
		return err
	}
	b := &batcher{ecosystem: f.ecosystem(), emit: w.records}
	if err := a.records(w.ctx, b, w.skip, func(n int64) { w.read += n }); err != nil || w.handler.Done == nil {
		return err
	}
	return w.deliver(func() error { return w.handler.Done(sum) })
}

// seen reports whether the handler knows a zip.
func (w *walker) seen(a *archive) (sum [32]byte, known bool, err error) {
	if w.handler.Seen == nil {
		return sum, false, nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(a.file, 0, math.MaxInt64)); err != nil {
		return sum, false, landwaiter.Errorf(landwaiter.Unavailable, "cannot read %s: %w", a.file.Name(), err)
	}
	h.Sum(sum[:0])
	known, err = w.handler.Seen(sum)
	return sum, known, err
}

// deliver sends a call to the delivering half, followed by the progress so far.
func (w *walker) deliver(call func() error) error {
	read := w.read
	step := func() error {
		if err := call(); err != nil {
			return err
		}
		if w.handler.Progress != nil {
			w.handler.Progress(min(read, w.total), w.total)
		}
		return nil
	}
	select {
	case w.deliveries <- step:
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

func (w *walker) records(b Batch) error {
	return w.deliver(func() error {
		w.summary.Records += len(b.Records)
		if w.handler.Records == nil {
			return nil
		}
		return w.handler.Records(b)
	})
}

func (w *walker) enrichments(list []landwaiter.Enrichment) error {
	return w.deliver(func() error {
		w.summary.Enrichments += len(list)
		if w.handler.Enrichments == nil {
			return nil
		}
		return w.handler.Enrichments(list)
	})
}

func (w *walker) lifecycles(list []landwaiter.Lifecycle) error {
	return w.deliver(func() error {
		w.summary.Lifecycles += len(list)
		if w.handler.Lifecycles == nil {
			return nil
		}
		return w.handler.Lifecycles(list)
	})
}

// fail records a file that cannot be used.
func (w *walker) fail(f Failure) {
	_ = w.deliver(func() error {
		w.summary.Failed = append(w.summary.Failed, f)
		return nil
	})
}

// skip records what cannot be read, unless the walk ends now.
func (w *walker) skip(reason error) {
	_ = w.deliver(func() error {
		w.summary.Skipped++
		if len(w.summary.Reasons) < maxReasons {
			w.summary.Reasons = append(w.summary.Reasons, reason.Error())
		}
		return nil
	})
}
