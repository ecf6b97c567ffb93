package task_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/archive"
	"github.com/landwaiter/landwaiter/store"
	"github.com/landwaiter/landwaiter/task"
)

// eachStore runs a test on both engines of the database.
func eachStore(t *testing.T, test func(t *testing.T, s *store.DB)) {
	t.Run("SQLite", func(t *testing.T) { test(t, open(t, store.Options{Dir: t.TempDir()})) })
	t.Run("PostgreSQL", func(t *testing.T) {
		database := realtest.Postgres(t)
		test(t, open(t, store.Options{Dir: t.TempDir(), URL: database(t)}))
	})
}

func open(t *testing.T, o store.Options) *store.DB {
	t.Helper()
	s, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// fleet is a source held in memory that counts what is read from it.
type fleet struct {
	t       *testing.T
	mu      sync.Mutex
	images  map[string]source.Image
	reads   atomic.Int64
	gate    chan struct{} // if not nil, layers above the base wait for it
	waiting atomic.Int64
	fail    func(imageID string) error
}

func newFleet(t *testing.T, s *store.DB, images ...imagetest.Image) *fleet {
	t.Helper()
	dir := t.TempDir()
	f := &fleet{t: t, images: map[string]source.Image{}}
	for i, img := range images {
		path := fmt.Sprintf("%s/%d", dir, i)
		if err := imagetest.WriteOCILayout(path, img); err != nil {
			t.Fatal(err)
		}
		src, err := archive.New(path, archive.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { src.Close() })
		err = src.List(t.Context(), func(ref source.Ref) error {
			opened, err := src.Open(t.Context(), ref.Locator)
			if err != nil {
				return err
			}
			f.images[opened.Describe().ID] = opened
			return s.Images().Put(t.Context(), opened.Describe(), store.Place{})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// OpenImage implements task.Opener.
func (f *fleet) OpenImage(_ context.Context, id string) (source.Image, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		if err := f.fail(id); err != nil {
			return nil, err
		}
	}
	return counted{f.images[id], f}, nil
}

type counted struct {
	source.Image
	f *fleet
}

func (c counted) Close() error { return nil }

func (c counted) Layer(ctx context.Context, i int) (io.ReadCloser, error) {
	if c.f.gate != nil && i > 0 {
		c.f.waiting.Add(1)
		defer c.f.waiting.Add(-1)
		select {
		case <-c.f.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	c.f.reads.Add(1)
	return c.Image.Layer(ctx, i)
}

func newRunner(t *testing.T, s *store.DB, f *fleet) *task.Runner {
	t.Helper()
	analysers, err := analyze.New(analyze.Options{Spool: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	e, err := task.New(t.Context(), task.Config{
		Store: s, Scanner: &scan.Scanner{Store: scan.StoreOf(s), Suite: analysers, Log: log}, Opener: f, Workers: 4, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Stop(context.Background()) })
	return e
}

// nodeImage has a base that all share and one npm package of its own.
func nodeImage(n int) imagetest.Image {
	base := imagetest.NewLayer(imagetest.Text("etc/os-release", "ID=alpine\nVERSION_ID=3.20.1\n"),
		imagetest.Text("lib/apk/db/installed", "P:musl\nV:1.2-r0\nA:x86_64\no:musl\n\n"))
	app := imagetest.NewLayer(imagetest.Text("app/node_modules/left/package.json",
		fmt.Sprintf(`{"name":"left","version":"1.0.%d"}`, n)))
	return imagetest.Image{Names: []string{fmt.Sprintf("app:%d", n)}, Layers: []imagetest.Layer{base, app},
		Config: landwaiter.ImageConfig{User: "app", Healthcheck: []string{"CMD", "x"}}}
}

func nodeImages(n int) []imagetest.Image {
	out := make([]imagetest.Image, n)
	for i := range out {
		out[i] = nodeImage(i)
	}
	return out
}

// await polls until a task satisfies cond.
func await(t *testing.T, s *store.DB, id string, cond func(landwaiter.Progress) bool) landwaiter.Progress {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		p, err := s.Tasks().Progress(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if cond(p) {
			return p
		}
		if time.Now().After(deadline) {
			t.Fatalf("the task is still at %+v", p)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func ended(p landwaiter.Progress) bool { return p.Status == landwaiter.TaskEnd }

func TestTaskScansEachLayerOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store.DB) {
		putVulnerability(t, s)
		f := newFleet(t, s, nodeImages(10)...)
		e := newRunner(t, s, f)
		for round := range 2 {
			task, err := e.Create(t.Context(), landwaiter.Selection{All: true, Kinds: landwaiter.ScanAll})
			if err != nil {
				t.Fatal(err)
			}
			p := await(t, s, task.ID, ended)
			if p.Result != landwaiter.TaskSuccess || p.Done != 10 || p.Safe != 0 || p.Incomplete != 9 || p.Risky != 1 {
				scans, _ := s.Tasks().ImageScans(t.Context(), task.ID)
				t.Log(scans)
				t.Fatalf("round %d: %+v", round, p)
			}
			if n := f.reads.Load(); n != 11 { // ten tops and one base
				t.Fatalf("round %d: %d layers were read, want 11", round, n)
			}
		}
		checkFinding(t, s, nodeImage(3).ID())
	})
}

func putVulnerability(t *testing.T, s *store.DB) {
	t.Helper()
	_, err := s.Advisories().Put(t.Context(), []store.NewAdvisory{{
		Hash: []byte("h"), Keys: []landwaiter.PackageKey{{Ecosystem: "npm", Name: "left"}}, CVEs: []string{"CVE-2099-1"},
		Advisory: &landwaiter.Advisory{
			ID: "GHSA-x", Aliases: []string{"CVE-2099-1"}, Urgency: "high",
			Affected: []landwaiter.Affected{{Ecosystem: "npm", Name: "left",
				Ranges: []landwaiter.Range{{Type: "SEMVER", Events: []landwaiter.Event{{Introduced: "1.0.3"}, {Fixed: "1.0.4"}}}}}},
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func checkFinding(t *testing.T, s *store.DB, id string) {
	t.Helper()
	rep, err := s.Reports().Get(t.Context(), id, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Vulnerabilities) != 1 {
		t.Fatalf("vulnerabilities: %+v", rep.Vulnerabilities)
	}
	v := rep.Vulnerabilities[0]
	if v.ID != "CVE-2099-1" || v.Fixed != "1.0.4" || v.Severity != landwaiter.High || v.Layer != rep.Layers[1].DiffID {
		t.Fatalf("vulnerability: %+v", v)
	}
	purls := map[string]bool{}
	for _, p := range rep.Packages {
		purls[p.PURL] = true
	}
	for _, want := range []string{"pkg:npm/left@1.0.3", "pkg:apk/alpine/musl@1.2-r0?arch=x86_64&distro=alpine-3.20.1"} {
		if !purls[want] {
			t.Errorf("no %s in %v", want, purls)
		}
	}
}

// newGatedRunner makes a fleet whose layers above the base wait for the gate,
// and scans its first image, so that the base is known: a layer that waits
// holds one of the few places for reading, which the base might need.
func newGatedRunner(t *testing.T, s *store.DB, images int) (*fleet, *task.Runner) {
	t.Helper()
	f := newFleet(t, s, nodeImages(images)...)
	f.gate = make(chan struct{}, images)
	f.gate <- struct{}{}
	e := newRunner(t, s, f)
	task, err := e.Create(t.Context(), landwaiter.Selection{Images: []string{nodeImage(0).ID()},
		Kinds: landwaiter.ScanAll})
	if err != nil {
		t.Fatal(err)
	}
	await(t, s, task.ID, ended)
	return f, e
}

func TestStopConverges(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store.DB) {
		f, e := newGatedRunner(t, s, 21)
		task, err := e.Create(t.Context(), landwaiter.Selection{All: true, Exclude: []string{nodeImage(0).ID()},
			Kinds: landwaiter.ScanAll})
		if err != nil {
			t.Fatal(err)
		}
		f.gate <- struct{}{} // one image can end
		await(t, s, task.ID, func(p landwaiter.Progress) bool { return p.Done == 1 })
		if err := e.StopTask(t.Context(), task.ID); err != nil {
			t.Fatal(err)
		}
		p := await(t, s, task.ID, ended)
		if p.Result != landwaiter.TaskCancel || p.Done != 20 || p.Incomplete != 1 {
			t.Fatalf("stopped: %+v", p)
		}
	})
}

// A picked image overtakes what is queued of a task over all: it waits for a
// worker and no more.
func TestPickedImageOvertakes(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store.DB) {
		f, e := newGatedRunner(t, s, 22)
		picked := nodeImage(1).ID()
		all, err := e.Create(t.Context(), landwaiter.Selection{All: true, Exclude: []string{nodeImage(0).ID(), picked},
			Kinds: landwaiter.ScanAll})
		if err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool { return f.waiting.Load() == 4 }) // the workers are busy, and more is queued
		one, err := e.Create(t.Context(), landwaiter.Selection{Images: []string{picked}, Kinds: landwaiter.ScanAll})
		if err != nil {
			t.Fatal(err)
		}
		await(t, s, one.ID, func(p landwaiter.Progress) bool { return p.Status == landwaiter.TaskScanning })
		now := func(id string) landwaiter.Progress {
			return await(t, s, id, func(landwaiter.Progress) bool { return true })
		}
		for done := 1; now(one.ID).Status != landwaiter.TaskEnd; done++ {
			if done > 8 { // four were running, and each that ends makes place for one
				t.Fatal("the picked image waits behind what is queued of the task over all")
			}
			f.gate <- struct{}{}
			waitFor(t, func() bool { return now(all.ID).Done+now(one.ID).Done == done })
		}
		if err := e.StopTask(t.Context(), all.ID); err != nil {
			t.Fatal(err)
		}
		await(t, s, all.ID, ended)
	})
}

func waitFor(t *testing.T, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited for a minute")
		}
	}
}

func TestTimeoutKeepsWhatIsDone(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store.DB) {
		f, e := newGatedRunner(t, s, 6)
		sel := landwaiter.Selection{All: true, Exclude: []string{nodeImage(0).ID()}, Kinds: landwaiter.ScanAll,
			Timeout: 3 * time.Second}
		task, err := e.Create(t.Context(), sel)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			f.gate <- struct{}{} // two images can end
		}
		p := await(t, s, task.ID, ended)
		if p.Result != landwaiter.TaskTimeout || p.Done != 5 || p.Incomplete != 2 {
			t.Fatalf("timed out: %+v", p)
		}
	})
}

func TestFailures(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store.DB) {
		damaged := nodeImage(1)
		damaged.Layers = append([]imagetest.Layer{}, damaged.Layers...)
		f := newFleet(t, s, nodeImages(3)...)
		var tries atomic.Int64
		broken, flaky := nodeImage(0).ID(), nodeImage(1).ID()
		f.fail = func(id string) error {
			switch {
			case id == broken:
				return landwaiter.Errorf(landwaiter.NotFound, "gone")
			case id == flaky && tries.Add(1) < 3:
				return landwaiter.Errorf(landwaiter.Unavailable, "try later")
			}
			return nil
		}
		e := newRunner(t, s, f)
		task, err := e.Create(t.Context(), landwaiter.Selection{All: true, Kinds: landwaiter.ScanVul})
		if err != nil {
			t.Fatal(err)
		}
		p := await(t, s, task.ID, ended)
		if p.Result != landwaiter.TaskSuccess || p.Incomplete != 2 {
			t.Fatalf("with one failure: %+v", p)
		}
		scans, err := s.Tasks().ImageScans(t.Context(), task.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, sc := range scans {
			want := landwaiter.ScanDone
			if sc.ImageID == broken {
				want = landwaiter.ScanErr
			}
			if sc.State != want {
				t.Errorf("%s ended as %s (%s), want %s", sc.ImageID, sc.State, sc.Reason, want)
			}
		}
		if tries.Load() != 3 {
			t.Errorf("the flaky image was opened %d times, want 3", tries.Load())
		}
	})
}
