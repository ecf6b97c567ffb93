package tasks

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/store"
	"github.com/landwaiter/landwaiter/task"
)

var (
	images      = flag.Int("images", 200, "images in the store")
	subset      = flag.Int("subset", 5000, "images of the tasks that run to their end; half of the images at most")
	latency     = flag.Duration("latency", 0, "time that the registry takes for each answer")
	postgresURL = flag.String("postgres", "", "postgres:// URL of an empty database; empty: start a server")
)

// TestTasks measures SQLite and PostgreSQL one after the other.
func TestTasks(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers and databases")
	}
	for _, engine := range []string{"SQLite", "PostgreSQL"} {
		t.Run(engine, func(t *testing.T) { newBench(t, engine).run(t) })
	}
}

// bench is a database with the fleet, and the figures measured on it.
type bench struct {
	database
	fleet  *fleet
	subset int
	key    store.Key
	lines  strings.Builder
}

func newBench(t *testing.T, engine string) *bench {
	d, found := openDatabase(t, engine)
	b := &bench{database: d, fleet: newFleet(t, *images, *latency), subset: min(*subset, *images/2)}
	b.note("%s, %s", engine, found)
	b.note("%d images of %d distinct layers, all known, "+
		"described by a registry on 127.0.0.1 that answers after %v; %d cores",
		*images, bases+runtimes+applications, *latency, runtime.GOMAXPROCS(0))
	began := time.Now()
	b.open(t, func(s *store.DB) {
		if err := b.fleet.fill(t.Context(), s, t.TempDir(), b.subset); err != nil {
			t.Fatal(err)
		}
		var err error
		if b.key, err = s.Keys().Create(t.Context(), store.RoleAdmin); err != nil {
			t.Fatal(err)
		}
	})
	b.add("filled in", "%.1f s", time.Since(began).Seconds())
	b.add("database", "%d MB", b.size(t)>>20)
	if b.postgres() {
		b.do(t, "ANALYZE") // what autovacuum does within a minute of a sync
	}
	return b
}

func (b *bench) note(format string, args ...any) { fmt.Fprintf(&b.lines, format+"\n", args...) }

func (b *bench) add(name, format string, args ...any) {
	fmt.Fprintf(&b.lines, "  %-46s %s\n", name, fmt.Sprintf(format, args...))
}

func (b *bench) run(t *testing.T) {
	defer func() { t.Logf("\n%s", &b.lines) }()
	b.whole(t)
	b.throughput(t)
	b.resume(t)
	b.rows(t)
	b.add("database at the end", "%d MB", b.size(t)>>20)
}

// open opens the store in this process.
func (b *bench) open(t *testing.T, use func(s *store.DB)) {
	t.Helper()
	s, err := store.Open(t.Context(), b.options())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	use(s)
}

// create creates a task without a server.
func (b *bench) create(t *testing.T, sel landwaiter.Selection) (id string) {
	t.Helper()
	b.open(t, func(s *store.DB) {
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		analysers, err := analyze.New(analyze.Options{Spool: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		r, err := task.New(t.Context(), task.Config{Store: s,
			Scanner: &scan.Scanner{Store: scan.StoreOf(s), Suite: analysers, Log: log}, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		sel.Kinds = landwaiter.ScanAll
		created, err := r.Create(t.Context(), sel)
		if err != nil {
			t.Fatal(err)
		}
		id = created.ID
	})
	return id
}

// theSubset selects the images of tasks that run to the end.
func theSubset() landwaiter.Selection {
	return landwaiter.Selection{Filters: []landwaiter.Filter{{By: store.ByName, Values: []string{"subset/"}}}}
}

// server starts a server, and a client of its API.
func (b *bench) server(t *testing.T, scansAtOnce int) (*process, *cloudapi.Client) {
	t.Helper()
	p := start(t, b.env(), "serve", "--listen", "127.0.0.1:0", "--workers", fmt.Sprint(scansAtOnce), "--sync-every",
		"0", "--rate", "1000")
	return p, &cloudapi.Client{Endpoint: p.url, Service: "tcss", Version: "2020-11-01", SecretID: b.key.ID,
		SecretKey: b.key.Secret}
}

// waitFor polls until ask returns true.
func waitFor(t *testing.T, what string, limit time.Duration, ask func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ask(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timeout after %v: %s", limit, what)
		}
	}
}

func (b *bench) waitEnd(t *testing.T, task string) {
	t.Helper()
	waitFor(t, "the end of the task", time.Hour, func() bool {
		return b.one(t, "SELECT COUNT(*) FROM task WHERE id = '%s' AND status = 'END'", task) == 1
	})
}

// median returns the median time of twenty calls of an action.
func median(t *testing.T, api *cloudapi.Client, action string, params map[string]any) time.Duration {
	t.Helper()
	var took []time.Duration
	for range 20 {
		began := time.Now()
		if err := api.Call(context.Background(), action, params, nil); err != nil {
			t.Fatalf("%s: %v", action, err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2]
}

func ms(d time.Duration) int64 { return d.Milliseconds() }

// whole creates a task over all images through the API, follows it and stops it.
func (b *bench) whole(t *testing.T) {
	b.note("one task over all images, by the API; a server that scans two at once")
	srv, api := b.server(t, 2)
	b.add("memory of the idle server", "%d MB", srv.peak()>>20)
	var created struct{ TaskID string }
	began := time.Now()
	err := api.Call(t.Context(), "CreateAssetImageScanTask",
		map[string]any{"All": true, "ScanVul": true, "ScanVirus": true, "ScanRisk": true, "Timeout": 86400}, &created)
	if err != nil {
		t.Fatal(err)
	}
	accepted := time.Now()
	b.add("accepted after", "%d ms", ms(accepted.Sub(began)))
	waitFor(t, "the first scan", time.Minute, func() bool {
		return b.one(t, "SELECT COUNT(*) FROM image_scan WHERE task_id = '%s' AND tries > 0", created.TaskID) > 0
	})
	b.add("first scan begun, after it was accepted", "%d ms",
		b.one(t, "SELECT MIN(started_at) FROM image_scan WHERE task_id = '%s' AND tries > 0",
			created.TaskID)-accepted.UnixMilli())
	b.add("progress (DescribeAssetImageScanStatus)", "%d ms",
		ms(median(t, api, "DescribeAssetImageScanStatus", map[string]any{"TaskID": created.TaskID})))
	b.add("list, first 100 (DescribeAssetImageList)", "%d ms",
		ms(median(t, api, "DescribeAssetImageList", map[string]any{"Limit": 100})))
	b.add("list, first 100 that are being scanned", "%d ms",
		ms(median(t, api, "DescribeAssetImageList", map[string]any{"Limit": 100,
			"Filters": []map[string]any{{"Name": "ScanStatus", "Values": []string{"SCANNING"}}}})))
	began = time.Now()
	if err := api.Call(t.Context(), "ModifyAssetImageScanStop", map[string]any{"TaskID": created.TaskID},
		nil); err != nil {
		t.Fatal(err)
	}
	b.add("stop accepted after", "%d ms", ms(time.Since(began)))
	b.waitEnd(t, created.TaskID)
	begun := b.one(t, "SELECT COUNT(*) FROM image_scan WHERE task_id = '%s' AND started_at > %d", created.TaskID,
		began.UnixMilli())
	b.add("scans begun since the stop was asked for", "%d", begun)
	b.add("all ended, after the stop was asked for", "%d ms",
		b.one(t, "SELECT ended_at FROM task WHERE id = '%s'", created.TaskID)-began.UnixMilli())
	b.add("peak memory of the server", "%d MB", srv.peak()>>20)
	b.add("CPU of the server", "%.1f s", srv.cpu().Seconds())
	srv.end(syscall.SIGTERM)
}

// throughput runs the subset with one scan at once and with three. On PostgreSQL
// these are processes, on SQLite one server runs all scans.
func (b *bench) throughput(t *testing.T) {
	b.note("tasks over %d images, to their end", b.subset)
	one := b.pace(t, "first scan of each image, one at once", 1)
	again := b.pace(t, "again, one at once", 1)
	three := b.pace(t, "again, three at once", 3)
	b.add("again against first, three against one", "%.2f times, %.2f times", again/one, three/again)
}

func (b *bench) pace(t *testing.T, name string, scansAtOnce int) (imagesPerSecond float64) {
	t.Helper()
	var team []*process
	if b.postgres() {
		for range scansAtOnce {
			team = append(team, start(t, b.env(), "worker", "--workers", "1"))
		}
		name += fmt.Sprintf(" (%d landwaiter worker)", scansAtOnce)
	} else {
		srv, _ := b.server(t, scansAtOnce)
		team = append(team, srv)
	}
	var before, after time.Duration
	for _, p := range team {
		before += p.cpu()
	}
	asked := b.fleet.asked.Load()
	task := b.create(t, theSubset())
	b.waitEnd(t, task)
	var peak int64
	for _, p := range team {
		after += p.cpu()
		peak = max(peak, p.peak())
	}
	for _, p := range team {
		p.end(syscall.SIGTERM)
	}
	b.checkScanned(t, task)
	took := b.one(t, "SELECT MAX(ended_at) - MIN(started_at) FROM image_scan WHERE task_id = '%s'", task)
	pace := float64(b.subset) / float64(max(took, 1)) * 1000
	b.add(name, "%.0f images/s, %.1f ms CPU and %.1f requests each, peak %d MB", pace,
		(after-before).Seconds()*1000/float64(b.subset), float64(b.fleet.asked.Load()-asked)/float64(b.subset),
		peak>>20)
	return pace
}

// checkScanned checks that the work was done, without which a figure is useless.
func (b *bench) checkScanned(t *testing.T, task string) {
	t.Helper()
	all := b.one(t, "SELECT COUNT(*) FROM image_scan WHERE task_id = '%s'", task)
	if done := b.one(t, "SELECT COUNT(*) FROM image_scan WHERE task_id = '%s' AND state = 'SCANNED'", task); all == 0 ||
		done != all {
		t.Errorf("%d of %d images were scanned", done, all)
	}
}

// resume kills a server during a task and starts another.
func (b *bench) resume(t *testing.T) {
	b.note("a server that scans two at once is killed during a task over %d images", b.subset)
	srv, _ := b.server(t, 2)
	task := b.create(t, theSubset())
	waitFor(t, "a tenth of the images", 10*time.Minute, func() bool {
		return b.one(t, "SELECT COUNT(*) FROM image_scan WHERE task_id = '%s' AND state = 'SCANNED'",
			task) >= int64(b.subset/10)
	})
	srv.end(syscall.SIGKILL)
	killed := time.Now()
	srv, _ = b.server(t, 2)
	b.add("the next one serves, after the kill", "%d ms", ms(time.Since(killed)))
	b.waitEnd(t, task)
	srv.end(syscall.SIGTERM)
	b.checkScanned(t, task)
	next := b.one(t, "SELECT MIN(started_at) FROM image_scan WHERE task_id = '%s' AND started_at >= %d", task,
		killed.UnixMilli())
	b.add("first scan begun, after the kill", "%d ms", next-killed.UnixMilli())
	b.add("scans begun more than once", "%d", b.one(t,
		"SELECT SUM(tries) - COUNT(*) FROM image_scan WHERE task_id = '%s'", task))
}

// rowImages is how many images are scanned to count rows.
const rowImages = 500

// rows counts the rows that scans write, including those of the job queue.
func (b *bench) rows(t *testing.T) {
	var ids []string
	for i := b.subset; i < min(b.fleet.n, b.subset+rowImages); i++ {
		ids = append(ids, digest(b.fleet.config(i)))
	}
	b.note("rows written for each image, of tasks over %d images", len(ids))
	for _, name := range []string{"first scan", "again"} {
		written := b.countRows(t)
		task := b.create(t, landwaiter.Selection{Images: ids})
		srv, _ := b.server(t, 2)
		b.waitEnd(t, task)
		srv.end(syscall.SIGTERM)
		b.checkScanned(t, task)
		b.addRows(name, written(), len(ids))
	}
}

func (b *bench) addRows(name string, written map[string]int64, images int) {
	tables := slices.Collect(maps.Keys(written))
	slices.SortFunc(tables, func(x, y string) int { return int(written[y] - written[x]) })
	var total int64
	var parts []string
	for _, table := range tables {
		total += written[table]
		if each := float64(written[table]) / float64(images); each >= 0.05 {
			parts = append(parts, fmt.Sprintf("%s %.1f", table, each))
		}
	}
	b.add(name, "%.1f: %s", float64(total)/float64(images), strings.Join(parts, ", "))
}
