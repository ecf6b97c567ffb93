package advisory

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

// manyRanges is a record of a million ranges, in 14 MB.
func manyRanges(id string) string {
	return fmt.Sprintf(`{"id":%q,"affected":[{"package":{"ecosystem":"npm","name":"x"},"ranges":[{}%s]}]}`, id,
		strings.Repeat(",{}", 1_000_000))
}

func large(id string) string {
	return fmt.Sprintf(`{"id":%q,"details":%q}`, id, strings.Repeat("x", MaxRecord))
}

// bomb is a small zip of records that inflate to more than a dump may.
func bomb(t *testing.T) []byte {
	t.Helper()
	var files []string
	zeros := strings.Repeat("\x00", MaxRecord-1)
	for i := range maxInflated/MaxRecord + 8 { // they take 400 KB, which allow 40 MB more
		files = append(files, fmt.Sprintf("A-%d.json", i), zeros)
	}
	return zipOf(t, files...)
}

// TestWalkHostile: what is wrong with one file or record affects only that, and is reported.
func TestWalkHostile(t *testing.T) {
	dir := t.TempDir()
	whole := zipOf(t, "A-1.json", osv("A-1"))
	damaged := zipOf(t, "B-1.json", osv("B-1"), "B-2.json", strings.Repeat(osv("B-2"), 50))
	damaged[bytes.Index(damaged, []byte("B-2.json"))+20] ^= 0xff
	for name, data := range map[string][]byte{
		"a/all.zip":         whole,
		"b-damaged/all.zip": damaged,
		"c-cut/all.zip":     whole[:len(whole)-10],
		"d-bomb/all.zip":    bomb(t),
		"e-empty/all.zip":   nil,
		"f-names/all.zip": zipOf(t, "../../F-1.json", osv("F-1"), "/F-2.json", osv("F-2"), `..\F-3.json`, osv("F-3"),
			"x/.json", osv("F-4")),
		"g-large/all.zip": zipOf(t, "G-1.json", large("G-1"), "G-2.json", osv("G-2")),
		"z/all.zip":       zipOf(t, "Z-1.json", osv("Z-1")),
	} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), data)
	}
	start := time.Now()
	var got []string
	sum, err := Walk(context.Background(), []string{dir}, Handler{Records: func(b Batch) error {
		for _, r := range b.Records {
			got = append(got, b.Ecosystem+"/"+r.ID)
		}
		return nil
	}})
	if err != nil || time.Since(start) > 20*time.Second {
		t.Fatalf("%v after %s", err, time.Since(start))
	}
	if d := cmp.Diff([]string{"a/A-1", "f-names/F-1", "f-names/F-2", "g-large/G-2", "z/Z-1"}, got); d != "" {
		t.Errorf("records (-want +got):\n%s", d)
	}
	failed := map[string]landwaiter.ErrorKind{}
	for _, f := range sum.Failed {
		failed[f.Ecosystem] = landwaiter.KindOf(f.Err)
	}
	want := map[string]landwaiter.ErrorKind{
		"b-damaged": landwaiter.Corrupt, "c-cut": landwaiter.Corrupt, "d-bomb": landwaiter.TooLarge,
		"e-empty": landwaiter.Corrupt,
	}
	if d := cmp.Diff(want, failed); d != "" {
		t.Errorf("failed (-want +got):\n%s", d)
	}
	if sum.Skipped != 3 || !strings.Contains(strings.Join(sum.Reasons, "\n"), "G-1 has more than 16 MB") {
		t.Errorf("skipped %d: %q", sum.Skipped, sum.Reasons)
	}
}

// TestZipThatLies: sizes that the directory makes up allocate and inflate nothing.
func TestZipThatLies(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateRaw(
		&zip.FileHeader{Name: "A-1.json", Method: zip.Store, CompressedSize64: 1 << 40, UncompressedSize64: 1 << 40})
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte(osv("A-1")))
	z.Close()
	got, sum, err := found(t, write(t, filepath.Join(t.TempDir(), "npm", "all.zip"), b.Bytes()))
	if len(got) > 0 || (err == nil && sum.Skipped != 1) {
		t.Errorf("%v, %+v, %v", got, sum, err)
	}
}

func TestRecordOfAMillionRanges(t *testing.T) {
	start := time.Now()
	list, errs := ParseAll([]Record{{ID: "A-1", Raw: []byte(manyRanges("A-1"))}, {ID: "A-2", Raw: []byte(osv("A-2"))}})
	if list[0] != nil || landwaiter.KindOf(errs[0]) != landwaiter.TooLarge || list[1] == nil ||
		time.Since(start) > 5*time.Second {
		t.Errorf("%v, %v after %s", list, errs, time.Since(start))
	}
}

// TestUpdateTellsLargeRecords: of a dump and of a delta; the others come.
func TestUpdateTellsLargeRecords(t *testing.T) {
	b := dumpBucket(t)
	b.files["/npm/all.zip"] = zipOf(t, "A-1.json", osv("A-1"), "A-2.json", large("A-2"))
	b.files["/npm/modified_id.csv"] = []byte(
		lastWeek.Format(time.RFC3339) + ",A-1\n" + lastWeek.Format(time.RFC3339) + ",A-2\n2020-01-01T00:00:00Z,A-0\n")
	b.files["/npm/A-1.json"], b.files["/npm/A-2.json"] = []byte(osv("A-1")), []byte(large("A-2"))
	for name, cur := range map[string]Cursor{"dump": {}, "delta": {Modified: lastWeek.Add(-time.Hour)}} {
		b.skipped = nil
		ids, next, _, err := b.update(t, cur, nil)
		if err != nil || len(ids) != 1 || ids[0] != "A-1" || next == cur {
			t.Errorf("%s: %v, %v, %+v", name, ids, err, next)
		}
		if len(b.skipped) != 1 || !strings.Contains(b.skipped[0].Error(), "A-2 has more than 16 MB") {
			t.Errorf("%s skipped %v", name, b.skipped)
		}
	}
}

// TestTruncatedDelta: a list of changes that ends before the cursor may lack some; the dump has them.
func TestTruncatedDelta(t *testing.T) {
	whole := lastWeek.Format(time.RFC3339) + ",A-1\n" + lastWeek.Add(-time.Minute).
		Format(time.RFC3339) +
		",A-2\n2020-01-01T00:00:00Z,A-0\n"
	cur := Cursor{Modified: lastWeek.Add(-time.Hour)}
	for n := range len(whole) - len("2020-01-01T00:00:00Z,A-0\n") {
		b := dumpBucket(t)
		b.files["/npm/modified_id.csv"] = []byte(whole[:n])
		b.files["/npm/A-1.json"] = []byte(osv("A-1"))
		ids, next, _, err := b.update(t, cur, nil)
		switch {
		case err != nil && next == cur && len(ids) == 0: // tried again by the next update
		case err == nil && len(ids) == 2: // the dump
		default:
			t.Errorf("cut at %d: %v, %v, cursor %+v", n, ids, err, next)
		}
	}
}

// TestBombOverHTTP: an update takes nothing of it and keeps its cursor.
func TestBombOverHTTP(t *testing.T) {
	b := dumpBucket(t)
	b.files["/npm/all.zip"] = bomb(t)
	cur := Cursor{ETag: `"old"`}
	ids, next, _, err := b.update(t, cur, nil)
	if landwaiter.KindOf(err) != landwaiter.TooLarge || ids != nil || next != cur {
		t.Errorf("%v, %v, %+v", ids, err, next)
	}
}

// TestUpdatesShareNoDownload: many at once in one folder wait for each other; each gets the whole dump.
func TestUpdatesShareNoDownload(t *testing.T) {
	b := dumpBucket(t)
	var files, want []string
	for i := range 300 {
		id := fmt.Sprintf("A-%d", i)
		files, want = append(files, id+".json", osv(id)), append(want, id)
	}
	b.files["/npm/all.zip"] = zipOf(t, files...)
	server := httptest.NewServer(b)
	defer server.Close()
	dir := t.TempDir()
	var using sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			u := &Updater{Mirror: server.URL, Spool: dir}
			var got []string
			_, err := u.Update(context.Background(), "npm", Cursor{}, func(batch Batch) error {
				if !using.TryLock() {
					t.Error("two use the download at once")
				} else {
					time.Sleep(time.Millisecond) // lets the others try
					using.Unlock()
				}
				for _, r := range batch.Records {
					got = append(got, r.ID)
				}
				return nil
			}, noSkip(t))
			if d := cmp.Diff(want, got); d != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
		})
	}
	wg.Wait()
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
