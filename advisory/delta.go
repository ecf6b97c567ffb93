package advisory

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/landwaiter/landwaiter"
)

const (
	deltaRequests = 8         // at a time
	maxDeltaBytes = 256 << 20 // of all records together; they are held until complete
	maxChangeLine = 1024      // bytes of a line of modified_id.csv; real ones have 60
)

// errTooMany means that the dump is cheaper than the changes.
var errTooMany = errors.New("too many changes")

// change is one line of modified_id.csv.
type change struct {
	id       string
	modified time.Time
}

// readChanges reads a modified_id.csv ("2026-08-21T10:00:00Z,GO-2026-0001",
// newest first) down to the first change at or before since. The list names every
// record of the ecosystem, so one that ends earlier is cut off: errTooMany, because
// the dump has the missing records. IDs may have the form of an address
// ("Go/GO-2026-0001"). More than limit changes are errTooMany, malformed lines
// landwaiter.Corrupt.
func readChanges(in io.Reader, since time.Time, limit int) ([]change, error) {
	var out []change
	s := bufio.NewScanner(in)
	s.Buffer(nil, maxChangeLine)
	for s.Scan() {
		line := strings.TrimSpace(s.Text())
		if line == "" {
			continue
		}
		when, id, _ := strings.Cut(line, ",")
		id = id[strings.LastIndexByte(id, '/')+1:]
		modified, err := time.Parse(time.RFC3339, when)
		if err != nil || !validID(id) {
			return nil, landwaiter.Errorf(landwaiter.Corrupt, "the mirror's list of changes is malformed")
		}
		if !modified.After(since) {
			return out, nil
		}
		if len(out) == limit {
			return nil, errTooMany
		}
		out = append(out, change{id, modified})
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "the mirror's list of changes is malformed")
	}
	if s.Err() != nil {
		return nil, s.Err()
	}
	return nil, errTooMany
}

// delta delivers the records that changed since the cursor.
func (u *Updater) delta(
	ctx context.Context, ecosystem string, cur Cursor, b *batcher, skip func(error),
) (Cursor, error) {
	target, err := u.target(ecosystem, "modified_id.csv")
	if err != nil {
		return cur, err
	}
	var changes []change
	tooMany := false
	err = u.fetcher().get(ctx, target, noHeader, func(resp *http.Response) (err error) {
		changes, err = readChanges(resp.Body, cur.Modified, cmp.Or(u.MaxDelta, DefaultMaxDelta))
		if tooMany = errors.Is(err, errTooMany); tooMany {
			return nil
		}
		return withoutURL(err)
	})
	if err != nil {
		return cur, err
	}
	if tooMany {
		return cur, errTooMany
	}
	raws, err := u.fetchChanges(ctx, ecosystem, changes, skip)
	if err != nil {
		return cur, err
	}
	for i, c := range changes {
		if raws[i] == nil {
			continue
		}
		if err := b.add(c.id, bytes.NewReader(raws[i])); err != nil {
			return cur, err
		}
		if b.full() {
			if err := b.flush(); err != nil {
				return cur, err
			}
		}
	}
	next := cur
	next.Modified = newest(changes, cur.Modified, time.Now())
	return next, b.flush()
}

// fetchChanges downloads every changed record, in order of ID. A record that was
// removed meanwhile, or is too large, is nil and is passed to skip.
func (u *Updater) fetchChanges(
	ctx context.Context, ecosystem string, changes []change, skip func(error),
) ([][]byte, error) {
	slices.SortFunc(changes, func(a, b change) int { return strings.Compare(a.id, b.id) })
	f := u.fetcher()
	raws := make([][]byte, len(changes))
	large := make([]bool, len(changes))
	var held atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(deltaRequests)
	for i, c := range changes {
		g.Go(func() error {
			target, err := u.target(ecosystem, c.id+".json")
			if err != nil {
				return err
			}
			err = f.get(ctx, target, noHeader, func(resp *http.Response) (err error) {
				raws[i], err = readAll(resp.Body, MaxRecord)
				return err
			})
			switch landwaiter.KindOf(err) {
			case landwaiter.NotFound:
				return nil
			case landwaiter.TooLarge:
				large[i] = true
				return nil
			}
			if held.Add(int64(len(raws[i]))) > maxDeltaBytes {
				return errTooMany
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i, c := range changes {
		if large[i] {
			skip(tooLarge(c.id))
		}
	}
	return raws, nil
}

// newest returns the time of the newest change. Times in the future do not count:
// they would hide later changes.
func newest(changes []change, since, now time.Time) time.Time {
	for _, c := range changes {
		if c.modified.After(since) && !c.modified.After(now) {
			since = c.modified
		}
	}
	return since
}
