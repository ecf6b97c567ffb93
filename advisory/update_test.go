package advisory

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

// bucket is a mirror of the public bucket that can misbehave.
type bucket struct {
	mu       sync.Mutex
	files    map[string][]byte
	date     time.Time                                                     // Last-Modified of all files
	faults   []func(w http.ResponseWriter, r *http.Request, b []byte) bool // one for each request; true when it answered
	requests []string                                                      // path, with "+range" or "+cond" for the header
	skipped  []error                                                       // what updates left out
}

// noSkip fails when a record is left out.
func noSkip(t *testing.T) func(error) {
	return func(err error) { t.Errorf("skipped: %v", err) }
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	note := r.URL.Path
	if r.Header.Get("Range") != "" {
		note += "+range"
	}
	if r.Header.Get("If-None-Match")+r.Header.Get("If-Modified-Since") != "" {
		note += "+cond"
	}
	b.requests = append(b.requests, note)
	body, ok := b.files[r.URL.Path]
	if len(b.faults) > 0 {
		fault := b.faults[0]
		b.faults = b.faults[1:]
		if fault != nil && fault(w, r, body) {
			return
		}
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", etag(body))
	http.ServeContent(w, r, "", b.date, strings.NewReader(string(body)))
}

func etag(body []byte) string { return fmt.Sprintf(`"%d-%x"`, len(body), body[max(0, len(body)-8):]) }

type fault = func(w http.ResponseWriter, r *http.Request, body []byte) bool

func status(code int, retryAfter string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(code)
		return true
	}
}

// cut sends the first n bytes of a whole answer and breaks the connection.
func cut(n int) fault {
	return func(w http.ResponseWriter, _ *http.Request, body []byte) bool {
		w.Header().Set("ETag", etag(body))
		w.Header().Set("Last-Modified", lastWeek.Format(http.TimeFormat))
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body[:n])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

// update runs an updater against the bucket. waits are the delays it slept.
func (b *bucket) update(t *testing.T, cur Cursor,
	change func(*Updater)) (ids []string, next Cursor, waits []time.Duration, err error) {
	t.Helper()
	server := httptest.NewServer(b)
	defer server.Close()
	u := &Updater{Mirror: server.URL, Spool: t.TempDir(), Client: server.Client()}
	var mu sync.Mutex
	u.sleep = func(_ context.Context, d time.Duration) error {
		mu.Lock()
		defer mu.Unlock()
		waits = append(waits, d)
		return nil
	}
	if change != nil {
		change(u)
	}
	next, err = u.Update(context.Background(), "npm", cur, func(batch Batch) error {
		if batch.Ecosystem != "npm" {
			t.Errorf("a batch of %q", batch.Ecosystem)
		}
		for _, r := range batch.Records {
			ids = append(ids, r.ID)
		}
		return nil
	}, func(err error) { b.skipped = append(b.skipped, err) })
	if err == nil {
		if left, _ := os.ReadDir(u.Spool); len(left) != 0 {
			t.Errorf("the spool keeps %v", left)
		}
	}
	return ids, next, waits, err
}

var lastWeek = time.Now().Add(-7 * 24 * time.Hour).UTC().Truncate(time.Second)

func dumpBucket(t *testing.T) *bucket {
	return &bucket{date: lastWeek, files: map[string][]byte{
		"/npm/all.zip": zipOf(t, "A-1.json", osv("A-1"), "A-2.json", osv("A-2")),
	}}
}

func TestUpdateDump(t *testing.T) {
	for name, c := range map[string]struct {
		faults   []fault
		requests []string
		waits    int
	}{
		"at once": {nil, []string{"/npm/all.zip"}, 0},
		"resumed": {[]fault{cut(40)}, []string{"/npm/all.zip", "/npm/all.zip+range"}, 1},
		"resumed twice": {[]fault{cut(40), status(503, "")},
			[]string{"/npm/all.zip", "/npm/all.zip+range", "/npm/all.zip+range"}, 2},
		"rate limited": {[]fault{status(429, "7")}, []string{"/npm/all.zip", "/npm/all.zip"}, 1},
		"range refused": {[]fault{cut(40), status(416, "")}, []string{"/npm/all.zip", "/npm/all.zip+range", "/npm/all.zip"},
			2},
		"wrong range":     {[]fault{cut(40), wrongRange}, []string{"/npm/all.zip", "/npm/all.zip+range", "/npm/all.zip"}, 2},
		"replaced midway": {[]fault{cutOther(40)}, []string{"/npm/all.zip", "/npm/all.zip+range"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := dumpBucket(t)
			b.faults = c.faults
			ids, next, waits, err := b.update(t, Cursor{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"A-1", "A-2"}, ids) + cmp.Diff(c.requests, b.requests); diff != "" {
				t.Error(diff)
			}
			if len(waits) != c.waits {
				t.Errorf("waited %v", waits)
			}
			want := Cursor{
				ETag:         etag(b.files["/npm/all.zip"]),
				LastModified: lastWeek.Format(http.TimeFormat),
				Modified:     lastWeek.Add(-overlap),
			}
			if diff := cmp.Diff(want, next); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func wrongRange(w http.ResponseWriter, _ *http.Request, body []byte) bool {
	w.Header().Set("Content-Range", fmt.Sprintf("bytes 3-%d/%d", len(body)-1, len(body)))
	w.WriteHeader(http.StatusPartialContent)
	w.Write(body[3:])
	return true
}

// cutOther is a cut in a version of the dump that is gone at the next request.
func cutOther(n int) fault {
	return func(w http.ResponseWriter, r *http.Request, body []byte) bool {
		return cut(n)(w, r, append(slices.Clone(body), "other..."...))
	}
}

func TestUpdateHonoursRetryAfter(t *testing.T) {
	b := dumpBucket(t)
	b.faults = []fault{status(429, "7"), status(503, time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))}
	_, _, waits, err := b.update(t, Cursor{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(waits) != 2 || waits[0] != 7*time.Second || waits[1] <= 30*time.Second || waits[1] > time.Minute {
		t.Errorf("waited %v", waits)
	}
	b.faults = []fault{status(429, "86400")}
	if _, _, _, err = b.update(t, Cursor{}, nil); landwaiter.KindOf(err) != landwaiter.Unavailable {
		t.Errorf("a day's wait gave %v", err)
	}
}

func TestUpdateFails(t *testing.T) {
	cur := Cursor{ETag: `"old"`}
	for name, c := range map[string]struct {
		faults []fault
		kind   landwaiter.ErrorKind
	}{
		"down":      {slices.Repeat([]fault{status(500, "")}, maxTries), landwaiter.Unavailable},
		"forbidden": {[]fault{status(403, "")}, landwaiter.Denied},
		"missing":   {[]fault{status(404, "")}, landwaiter.NotFound},
		"no zip":    {[]fault{body("<html>")}, landwaiter.Corrupt},
	} {
		b := dumpBucket(t)
		b.faults = c.faults
		ids, next, _, err := b.update(t, cur, nil)
		if landwaiter.KindOf(err) != c.kind || next != cur || ids != nil {
			t.Errorf("%s: %v, %v, cursor %+v", name, err, ids, next)
		}
	}
}

func body(text string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte) bool {
		w.Write([]byte(text))
		return true
	}
}

func TestUpdateVerifiesBeforeUse(t *testing.T) {
	b := dumpBucket(t)
	whole := zipOf(t, "A-1.json", osv("A-1"), "A-2.json", osv("A-2"), "A-3.json", strings.Repeat(osv("A-3"), 50))
	damaged := slices.Clone(whole)
	at := strings.Index(string(damaged), "A-3.json") + 20 // in the third record's data
	damaged[at] ^= 0xff
	b.files["/npm/all.zip"] = damaged
	ids, next, _, err := b.update(t, Cursor{}, nil)
	if landwaiter.KindOf(err) != landwaiter.Corrupt || ids != nil || next != (Cursor{}) {
		t.Errorf("%v, %v, %+v", err, ids, next)
	}
}

func TestUpdateResumesInAnotherProcess(t *testing.T) {
	b := dumpBucket(t)
	b.faults = append([]fault{cut(40)}, slices.Repeat([]fault{status(500, "")}, maxTries-1)...)
	dir := t.TempDir()
	server := httptest.NewServer(b)
	defer server.Close()
	var ids []string
	for try := range 2 {
		u := &Updater{Mirror: server.URL, Spool: dir, sleep: func(context.Context, time.Duration) error { return nil }}
		_, err := u.Update(context.Background(), "npm", Cursor{}, func(batch Batch) error {
			ids = append(ids, batch.Records[0].ID)
			return nil
		}, noSkip(t))
		if (err == nil) != (try == 1) {
			t.Fatalf("try %d: %v", try, err)
		}
	}
	if last := b.requests[len(b.requests)-1]; last != "/npm/all.zip+range" || len(ids) != 1 {
		t.Errorf("last request %s, records %v", last, ids)
	}
}

func TestUpdateUnchanged(t *testing.T) {
	b := dumpBucket(t)
	for _, cur := range []Cursor{{ETag: etag(b.files["/npm/all.zip"])}, {LastModified: lastWeek.Format(http.TimeFormat)}} {
		b.requests = nil
		ids, next, _, err := b.update(t, cur, nil)
		if err != nil || ids != nil || next != cur {
			t.Errorf("%v, %v, %+v", err, ids, next)
		}
		if diff := cmp.Diff([]string{"/npm/all.zip+cond"}, b.requests); diff != "" {
			t.Error(diff)
		}
	}
}

func TestUpdateStalled(t *testing.T) {
	b := dumpBucket(t)
	b.faults = []fault{func(w http.ResponseWriter, r *http.Request, body []byte) bool {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body[:10])
		w.(http.Flusher).Flush()
		<-r.Context().Done() // until the client gives up
		return true
	}}
	ids, _, _, err := b.update(t, Cursor{}, func(u *Updater) { u.window = 20 * time.Millisecond })
	if err != nil || len(ids) != 2 || len(b.requests) != 2 {
		t.Errorf("%v, %v, requests %v", err, ids, b.requests)
	}
}

func TestUpdateDelta(t *testing.T) {
	b := dumpBucket(t)
	line := func(age time.Duration, id string) string {
		return lastWeek.Add(-age).Format(time.RFC3339) + "," + id + "\n"
	}
	b.files["/npm/modified_id.csv"] = []byte(
		"2999-01-01T00:00:00Z,A-9\n" + line(time.Hour, "A-2") + line(2*time.Hour, "A-0") + line(3*time.Hour, "A-gone") + line(
			5*time.Hour, "A-5"),
	)
	for _, id := range []string{"A-0", "A-2", "A-5", "A-9"} {
		b.files["/npm/"+id+".json"] = []byte(osv(id))
	}
	cur := Cursor{ETag: `"x"`, Modified: lastWeek.Add(-5 * time.Hour)}
	ids, next, _, err := b.update(t, cur, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A-0", "A-2", "A-9"}, ids); diff != "" {
		t.Error(diff)
	}
	if want := (Cursor{ETag: `"x"`, Modified: lastWeek.Add(-time.Hour)}); next != want {
		t.Errorf("cursor %+v, want %+v", next, want)
	}
	ids, _, _, err = b.update(t, cur, func(u *Updater) { u.MaxDelta = 3 })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A-1", "A-2"}, ids); diff != "" {
		t.Errorf("too many changes must bring the dump: %s", diff)
	}
}

func TestUpdateEmitError(t *testing.T) {
	server := httptest.NewServer(dumpBucket(t))
	defer server.Close()
	stop := errors.New("stop")
	u := &Updater{Mirror: server.URL, Spool: t.TempDir()}
	next, err := u.Update(context.Background(), "npm", Cursor{}, func(Batch) error { return stop }, noSkip(t))
	if err != stop || next != (Cursor{}) {
		t.Errorf("%v, %+v", err, next)
	}
}

func TestUpdateKeepsSecrets(t *testing.T) {
	b := dumpBucket(t)
	b.faults = []fault{status(403, "")}
	server := httptest.NewServer(b)
	defer server.Close()
	u := &Updater{Mirror: strings.Replace(server.URL, "//", "//me:s3cret@", 1) + "/?token=s3cret", Spool: t.TempDir()}
	_, err := u.Update(context.Background(), "npm", Cursor{}, func(Batch) error { return nil }, noSkip(t))
	server.Close()
	u.sleep = func(context.Context, time.Duration) error { return nil }
	_, down := u.Update(context.Background(), "npm", Cursor{}, func(Batch) error { return nil }, noSkip(t))
	for _, e := range []error{err, down} {
		if e == nil || strings.Contains(e.Error(), "s3cret") {
			t.Errorf("%v", e)
		}
	}
}

func TestEcosystems(t *testing.T) {
	b := &bucket{
		date:  lastWeek,
		files: map[string][]byte{"/ecosystems.txt": []byte("npm\nDebian\nDebian:12\n\n../x\n[EMPTY]\nRed Hat\n")},
	}
	server := httptest.NewServer(b)
	defer server.Close()
	got, err := (&Updater{Mirror: server.URL}).Ecosystems(context.Background())
	if diff := cmp.Diff([]string{"Debian", "Red Hat", "npm"}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
