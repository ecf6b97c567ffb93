package advisory

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// DefaultMirror is the public bucket of OSV
// (https://google.github.io/osv.dev/data/#data-dumps).
const DefaultMirror = "https://osv-vulnerabilities.storage.googleapis.com"

const (
	// DefaultDeadline is how long one Update may take. The largest dump has
	// about 150 MB: 45 KB/s.
	DefaultDeadline = time.Hour
	// DefaultMaxDelta is how many changed records are fetched one by one. More
	// cost the server and us more than the dump.
	DefaultMaxDelta = 2000

	// overlap is how much older than its date a dump may be: it is written
	// from a copy of the database made some time before.
	overlap = 6 * time.Hour

	maxEcosystems = 1000
	maxList       = 1 << 20 // bytes of ecosystems.txt, which has 2 KB
)

// Cursor is how far an ecosystem has been read. The zero value means not at
// all. Store it together with the records, or after them.
type Cursor struct {
	ETag         string    // of the last dump
	LastModified string    // of the last dump
	Modified     time.Time // records changed up to here have been handed over
}

// Updater reads OSV records from a mirror of the public bucket. It is safe for
// concurrent use for different ecosystems.
type Updater struct {
	Mirror    string        // base URL; "" means DefaultMirror
	Spool     string        // folder of our own for downloads in progress; required by Update
	Client    *http.Client  // nil means one with sane timeouts and the environment's proxy
	UserAgent string        // "" means "landwaiter"
	Deadline  time.Duration // of one Update; 0 means DefaultDeadline
	MaxDelta  int           // 0 means DefaultMaxDelta

	window time.Duration // of the watchdog, for tests; 0 means stallWindow
	sleep  func(context.Context, time.Duration) error
}

// Ecosystems lists what the mirror has, without the releases that a dump of
// another ecosystem contains ("Debian:12" is in "Debian").
func (u *Updater) Ecosystems(ctx context.Context) ([]string, error) {
	ctx, cancel := u.deadline(ctx)
	defer cancel()
	target, err := u.target("ecosystems.txt")
	if err != nil {
		return nil, err
	}
	var names []string
	err = u.fetcher().get(ctx, target, noHeader, func(resp *http.Response) error {
		raw, err := readAll(resp.Body, maxList)
		if err != nil {
			return err
		}
		names = ecosystemNames(string(raw))
		return nil
	})
	return names, err
}

func ecosystemNames(list string) []string {
	var names []string
	s := bufio.NewScanner(strings.NewReader(list))
	for s.Scan() && len(names) < maxEcosystems {
		name, _, _ := strings.Cut(strings.TrimSpace(s.Text()), ":")
		if validEcosystem(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// validEcosystem reports whether a name can be one part of an address.
func validEcosystem(name string) bool {
	return name != "" && len(name) <= maxID && name[0] != '.' && name[0] != '[' &&
		!strings.ContainsAny(name, "/\\?#%\x00\r\n")
}

// Update delivers the changes of an ecosystem since cur, and returns the cursor to
// continue from. The first time, it delivers the complete dump; later single records,
// or the dump again if too much changed. All records of a call are complete and
// verified before the first is delivered. An error of emit ends the update. With any
// error, the cursor is cur, so that nothing is lost. skip gets the reason for each
// record that is left out, such as one of more than MaxRecord bytes; it is called on
// the same goroutine.
//
// Calls for the same address and folder Spool wait for each other, in whatever
// process they are.
//
// Records already stored come again: compare hashes. A mirror without the
// ecosystem is landwaiter.NotFound, one that does not answer Unavailable, a
// damaged dump Corrupt.
func (u *Updater) Update(
	ctx context.Context, ecosystem string, cur Cursor, emit func(Batch) error, skip func(error),
) (Cursor, error) {
	if !validEcosystem(ecosystem) {
		return cur, landwaiter.Errorf(landwaiter.Invalid, "%q is no ecosystem", ecosystem)
	}
	ctx, cancel := u.deadline(ctx)
	defer cancel()
	b := &batcher{ecosystem: ecosystem, emit: emit}
	if !cur.Modified.IsZero() {
		next, err := u.delta(ctx, ecosystem, cur, b, skip)
		// A plain copy of the dumps has no list of changes.
		if !errors.Is(err, errTooMany) && landwaiter.KindOf(err) != landwaiter.NotFound {
			return next, err
		}
	}
	return u.dump(ctx, ecosystem, cur, b, skip)
}

// dump downloads and hands over the whole ecosystem, unless it is unchanged.
func (u *Updater) dump(
	ctx context.Context, ecosystem string, cur Cursor, b *batcher, skip func(error),
) (Cursor, error) {
	target, err := u.target(ecosystem, "all.zip")
	if err != nil {
		return cur, err
	}
	s, err := openSpool(ctx, u.Spool, target)
	if err != nil {
		return cur, err
	}
	changed, err := s.download(ctx, u.fetcher(), target, cur)
	if err != nil {
		s.keep()
		return cur, err
	}
	defer s.close()
	if !changed {
		return cur, nil
	}
	a, err := newArchive(s.file)
	if err != nil {
		return cur, err
	}
	if err := a.verify(ctx); err != nil {
		return cur, err
	}
	var damaged error
	err = a.records(ctx, b, func(err error) {
		if landwaiter.KindOf(err) == landwaiter.TooLarge {
			skip(err)
			return
		}
		damaged = cmp.Or(damaged, err)
	}, func(int64) {})
	if err = cmp.Or(err, damaged); err != nil {
		return cur, err
	}
	return Cursor{ETag: s.etag, LastModified: s.lastMo, Modified: dumpTime(s.lastMo)}, nil
}

// dumpTime returns up to when a dump has every change; the zero time, which
// asks for the dump again, when it has no date.
func dumpTime(lastModified string) time.Time {
	t, err := http.ParseTime(lastModified)
	if err != nil || t.After(time.Now()) {
		return time.Time{}
	}
	return t.Add(-overlap).UTC()
}

func (u *Updater) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, cmp.Or(u.Deadline, DefaultDeadline))
}

func (u *Updater) target(parts ...string) (string, error) {
	base, err := url.Parse(cmp.Or(u.Mirror, DefaultMirror))
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" {
		return "", landwaiter.Errorf(landwaiter.Invalid, "the mirror must be an http or https address")
	}
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return base.JoinPath(parts...).String(), nil
}

func (u *Updater) fetcher() *fetcher {
	f := &fetcher{
		client: u.Client,
		agent:  cmp.Or(u.UserAgent, "landwaiter"),
		window: cmp.Or(u.window, stallWindow),
		sleep:  u.sleep,
	}
	if f.client == nil {
		f.client = defaultClient()
	}
	if f.sleep == nil {
		f.sleep = sleep
	}
	return f
}

func noHeader() http.Header { return http.Header{} }
