package advisory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/landwaiter/landwaiter"
)

// spool is a download that a later try, or a later process, can resume. Its name is a
// hash of its address, and its user locks it.
type spool struct {
	file   *os.File
	notes  string // path of the validators of what is in file
	etag   string
	lastMo string
	whole  bool
}

type spoolNotes struct{ ETag, LastModified string }

// lockEvery is how often a lock of another process is tried again.
const lockEvery = 100 * time.Millisecond

// openSpool opens or creates the spool of an address in the folder, and waits
// until no other process uses it.
func openSpool(ctx context.Context, dir, target string) (*spool, error) {
	if dir == "" {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "an update needs a directory for its downloads")
	}
	sum := sha256.Sum256([]byte(target))
	name := filepath.Join(dir, "osv-"+hex.EncodeToString(sum[:8]))
	f, err := openLocked(ctx, name+".part")
	if err != nil {
		return nil, err
	}
	s := &spool{file: f, notes: name + ".json"}
	var notes spoolNotes
	if raw, err := os.ReadFile(s.notes); err == nil && json.Unmarshal(raw, &notes) == nil {
		s.etag, s.lastMo = notes.ETag, notes.LastModified
	}
	return s, nil
}

// openLocked opens or creates a file and locks it. The lock ends with the file, or with the process.
func openLocked(ctx context.Context, name string) (*os.File, error) {
	for {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, landwaiter.Errorf(landwaiter.Internal, "cannot keep the download: %w", err)
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil && isAt(f, name) {
			return f, nil
		}
		f.Close()
		switch {
		case err == nil: // removed by the one before, between our opening and locking it
			continue
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return nil, landwaiter.Errorf(landwaiter.Internal, "cannot lock the download %s: %w", name, err)
		}
		if err := sleep(ctx, lockEvery); err != nil {
			return nil, landwaiter.Errorf(landwaiter.Unavailable, "another process is downloading the same file: %w", err)
		}
	}
}

// isAt reports whether the name still leads to the open file.
func isAt(f *os.File, name string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(name)
	return err == nil && os.SameFile(open, named)
}

// close ends the use of the spool and removes it, before others get the lock.
func (s *spool) close() {
	os.Remove(s.notes)
	os.Remove(s.file.Name())
	s.file.Close()
}

// keep ends the use of the spool and leaves the partial download to be resumed.
func (s *spool) keep() {
	if s.size() == 0 {
		s.close()
		return
	}
	s.file.Close()
}

// header asks for the rest when there is a part and a way to know that it is
// of the same version, else for what changed since cur.
func (s *spool) header(cur Cursor) http.Header {
	h := http.Header{"Accept-Encoding": {"identity"}}
	size, validator := s.size(), s.validator()
	switch {
	case size > 0 && validator != "":
		h.Set("Range", "bytes="+strconv.FormatInt(size, 10)+"-")
		h.Set("If-Range", validator)
	case cur.ETag != "":
		h.Set("If-None-Match", cur.ETag)
	case cur.LastModified != "":
		h.Set("If-Modified-Since", cur.LastModified)
	}
	return h
}

// validator is what If-Range accepts: a strong ETag or the date.
func (s *spool) validator() string {
	if s.etag != "" && !strings.HasPrefix(s.etag, "W/") {
		return s.etag
	}
	return s.lastMo
}

func (s *spool) size() int64 {
	info, err := s.file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// take stores the body of a 200 or 206. A transfer that breaks off keeps what
// came and is an error.
func (s *spool) take(resp *http.Response) error {
	offset := s.size()
	if resp.StatusCode != http.StatusPartialContent || !startsAt(resp, offset) {
		if resp.StatusCode != http.StatusOK {
			return s.restart(resp.Status)
		}
		offset = 0
		if err := s.begin(resp.Header); err != nil {
			return err
		}
	}
	if _, err := s.file.Seek(offset, io.SeekStart); err != nil {
		return err
	}
	n, err := io.Copy(s.file, io.LimitReader(resp.Body, maxZip-offset+1))
	if err != nil {
		return withoutURL(err)
	}
	if offset+n > maxZip {
		return landwaiter.Errorf(landwaiter.TooLarge, "the dump has more than %d GB", maxZip>>30)
	}
	if resp.ContentLength >= 0 && n != resp.ContentLength {
		return io.ErrUnexpectedEOF
	}
	s.whole = true
	return nil
}

// begin empties the spool for a new version and notes its validators.
func (s *spool) begin(h http.Header) error {
	if err := s.file.Truncate(0); err != nil {
		return err
	}
	s.etag, s.lastMo = h.Get("ETag"), h.Get("Last-Modified")
	raw, err := json.Marshal(spoolNotes{s.etag, s.lastMo})
	if err != nil {
		return err
	}
	return os.WriteFile(s.notes, raw, 0o600)
}

// restart forgets the part, after an answer that does not continue it.
func (s *spool) restart(status string) error {
	if err := s.begin(http.Header{}); err != nil {
		return err
	}
	return fmt.Errorf("cannot resume: %s", status)
}

// startsAt reports whether a partial answer begins where the part ends.
func startsAt(resp *http.Response, offset int64) bool {
	return strings.HasPrefix(resp.Header.Get("Content-Range"), "bytes "+strconv.FormatInt(offset, 10)+"-")
}

// download brings the spool up to the whole of the target. It reports false
// when the server says that nothing changed since cur.
func (s *spool) download(ctx context.Context, f *fetcher, target string, cur Cursor) (changed bool, err error) {
	err = f.get(ctx, target, func() http.Header { return s.header(cur) }, func(resp *http.Response) error {
		if resp.StatusCode == http.StatusNotModified {
			changed = false
			return nil
		}
		changed = true
		return s.take(resp)
	})
	return changed, err
}
