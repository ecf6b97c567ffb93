package advisory

import (
	"bytes"
	"crypto/sha256"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/landwaiter/landwaiter"
)

// A batch is delivered when it has this many records or bytes, whichever comes
// first. Three batches exist at a time (one is read, one waits, the caller has one),
// so with a last record of MaxRecord they hold at most 3 x (8 + 16) MB.
const (
	batchRecords = 500
	batchBytes   = 8 << 20
)

// Record is one OSV record as published, not parsed.
type Record struct {
	ID   string   // the file's name without ".json", which is the record's ID
	Hash [16]byte // first half of the SHA-256 of Raw
	Raw  []byte   // valid as long as its batch is referenced; must not be changed
}

// Batch is a list of records of one file or folder, in their order there.
type Batch struct {
	Ecosystem string // the folder's name in the dump, e.g. "Debian"; "" for loose files
	Records   []Record
}

// ParseAll parses records on all processors. The result has the records'
// order. For a record that cannot be read, or whose ID is not the name of its file,
// it has nil, and errs[i] has the reason.
func ParseAll(records []Record) (advisories []*landwaiter.Advisory, errs []error) {
	advisories = make([]*landwaiter.Advisory, len(records))
	errs = make([]error, len(records))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(records)) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(records)); i = next.Add(1) - 1 {
				advisories[i], errs[i] = records[i].parse()
			}
		})
	}
	wait.Wait()
	return advisories, errs
}

func (r *Record) parse() (*landwaiter.Advisory, error) {
	a, err := Parse(r.Raw)
	if err != nil {
		return nil, err
	}
	if a.ID != r.ID {
		return nil, landwaiter.Errorf(landwaiter.Corrupt, "the record in %s.json has the ID %s", r.ID, a.ID)
	}
	return a, nil
}

// batcher collects records and delivers them in batches.
type batcher struct {
	ecosystem string
	emit      func(Batch) error
	buf       bytes.Buffer
	ids       []string
	ends      []int // end of each record in buf
}

// add reads one record. An error of the reader leaves the batch as it was and
// is returned as landwaiter.Corrupt or landwaiter.TooLarge.
func (b *batcher) add(id string, r io.Reader) error {
	start := b.buf.Len()
	n, err := io.Copy(&b.buf, io.LimitReader(r, MaxRecord+1))
	if err != nil {
		b.buf.Truncate(start)
		return landwaiter.Errorf(landwaiter.Corrupt, "record %s: %w", id, err)
	}
	if n > MaxRecord {
		b.buf.Truncate(start)
		return tooLarge(id)
	}
	b.ids = append(b.ids, id)
	b.ends = append(b.ends, b.buf.Len())
	return nil
}

func tooLarge(id string) error {
	return landwaiter.Errorf(landwaiter.TooLarge, "record %s has more than %d MB", id, MaxRecord>>20)
}

func (b *batcher) full() bool { return len(b.ids) >= batchRecords || b.buf.Len() >= batchBytes }

// flush delivers the batch, if there is one.
func (b *batcher) flush() error {
	if len(b.ids) == 0 {
		return nil
	}
	raw := b.buf.Bytes()
	out := Batch{Ecosystem: b.ecosystem, Records: make([]Record, len(b.ids))}
	start := 0
	for i, end := range b.ends {
		sum := sha256.Sum256(raw[start:end])
		out.Records[i] = Record{ID: b.ids[i], Hash: [16]byte(sum[:16]), Raw: raw[start:end:end]}
		start = end
	}
	b.buf, b.ids, b.ends = bytes.Buffer{}, nil, nil
	return b.emit(out)
}
