package scan_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
	"github.com/landwaiter/landwaiter/analyze/config"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/archive"
	"github.com/landwaiter/landwaiter/store"
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

// layouts stores images as OCI layouts, puts them into the store, and opens
// them.
func layouts(t *testing.T, s *store.DB, images ...imagetest.Image) []source.Image {
	t.Helper()
	out := make([]source.Image, len(images))
	for i, img := range images {
		path := fmt.Sprintf("%s/%d", t.TempDir(), i)
		if err := imagetest.WriteOCILayout(path, img); err != nil {
			t.Fatal(err)
		}
		src, err := archive.New(path, archive.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { src.Close() })
		err = src.List(t.Context(), func(ref source.Ref) (err error) {
			if out[i], err = src.Open(t.Context(), ref.Locator); err != nil {
				return err
			}
			return s.Images().Put(t.Context(), out[i].Describe(), store.Place{})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// nodeImage has a base that all share and one npm package of its own.
func nodeImage(n int) imagetest.Image {
	base := imagetest.NewLayer(imagetest.Text("etc/os-release", "ID=alpine\nVERSION_ID=3.20.1\n"),
		imagetest.Text("lib/apk/db/installed", "P:musl\nV:1.2-r0\nA:x86_64\no:musl\n\n"))
	app := imagetest.NewLayer(imagetest.Text("app/node_modules/left/package.json",
		fmt.Sprintf(`{"name":"left","version":"1.0.%d"}`, n)))
	return imagetest.Image{
		Names: []string{fmt.Sprintf("app:%d", n)}, Layers: []imagetest.Layer{base, app},
		Config: landwaiter.ImageConfig{User: "app", Healthcheck: []string{"CMD", "x"}},
	}
}

// liar serves other bytes than its manifest promises.
type liar struct {
	source.Image
	other source.Image
}

func (l liar) Layer(ctx context.Context, i int) (io.ReadCloser, error) {
	if i == 1 {
		return l.other.Layer(ctx, i)
	}
	return l.Image.Layer(ctx, i)
}

func TestForgedLayerIsNotStored(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	images := layouts(t, s, nodeImage(0), nodeImage(1))
	analysers, err := analyze.New(analyze.Options{Spool: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	scanner := &scan.Scanner{Store: scan.StoreOf(s), Suite: analysers, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	honest, other := images[0], images[1]
	rep, err := scanner.Scan(t.Context(), liar{honest, other}, scan.Options{Kinds: landwaiter.ScanAll})
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, c := range rep.Coverage {
		if c.State == landwaiter.Failed && c.Layer == rep.Layers[1].DiffID {
			failed++
		}
	}
	if failed != len(analysers.Analysers()) || len(rep.Packages) != 1 {
		t.Fatalf("a forged layer: coverage %+v, packages %+v", rep.Coverage, rep.Packages)
	}
	for _, layer := range []source.Image{honest, other} {
		missing, err := s.Layers().Missing(t.Context(), []string{layer.Describe().Layers[1].DiffID}, analysers.Analysers())
		if err != nil || len(missing) != 1 {
			t.Fatalf("the forged layer left facts behind: %v %v", missing, err)
		}
	}
	// The report says so until the layer can be read.
	stored, err := s.Reports().Get(t.Context(), rep.ID, analysers.Analysers())
	// Two more: there are no advisories, and no malware lists.
	if err != nil || len(stored.Coverage) != 2*len(analysers.Analysers())+2 {
		t.Fatalf("stored coverage: %+v %v", stored.Coverage, err)
	}
	if _, err := scanner.Scan(t.Context(), honest, scan.Options{Kinds: landwaiter.ScanAll}); err != nil {
		t.Fatal(err)
	}
	if stored, err = s.Reports().Get(t.Context(), rep.ID, analysers.Analysers()); err != nil || len(stored.Packages) != 2 {
		t.Fatalf("after an honest read: %+v %v", stored, err)
	}
}

// What the limits on an image configuration cut off is in the report of the scan
// and in the stored one.
func TestConfigCoverage(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store.DB) {
		img := nodeImage(0)
		img.Config.History = []landwaiter.History{
			{CreatedBy: "ADD a"}, {CreatedBy: "RUN " + strings.Repeat("x", 70<<10)},
		}
		opened := layouts(t, s, img)[0]
		suite, err := analyze.New(analyze.Options{Spool: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		scanner := &scan.Scanner{Store: scan.StoreOf(s), Suite: suite, Log: slog.New(slog.DiscardHandler)}
		rep, err := scanner.Scan(t.Context(), opened, scan.Options{Kinds: landwaiter.ScanAll})
		if err != nil {
			t.Fatal(err)
		}
		stored, err := s.Reports().Get(t.Context(), rep.ID, suite.Analysers())
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]*landwaiter.Report{"fresh": rep, "stored": stored} {
			isPartial := func(c landwaiter.Coverage) bool {
				return c.Analyser == landwaiter.AnalyserConfig && c.Layer == "" && c.State == landwaiter.Partial
			}
			if !slices.ContainsFunc(r.Coverage, isPartial) {
				t.Errorf("%s report: coverage %+v", name, r.Coverage)
			}
		}
	})
}

// An image is recommended for a scan as soon as any analyser, or the rules on
// image configurations, have another version than its last scan.
func TestNewRulesAskForANewScan(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store.DB) {
		analysers, err := analyze.New(analyze.Options{Spool: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		scanner := &scan.Scanner{Store: scan.StoreOf(s), Suite: analysers,
			Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
		images := layouts(t, s, nodeImage(0))
		if _, err := scanner.Scan(t.Context(), images[0], scan.Options{Kinds: landwaiter.ScanAll}); err != nil {
			t.Fatal(err)
		}
		recommended := func(engine string) int {
			sel := landwaiter.Selection{All: true, Recommended: true, Kinds: landwaiter.ScanAll, Analysers: engine}
			plan, err := s.Tasks().Plan(t.Context(), sel, analysers.Analysers())
			if err != nil {
				t.Fatal(err)
			}
			return plan.Why[landwaiter.ReasonAnalysers]
		}
		name := scanner.AnalyserVersions()
		if n := recommended(name); n != 0 {
			t.Errorf("%d recommended by the rules that judged them", n)
		}
		parts := strings.Fields(name)
		if !slices.Contains(parts, "config@"+config.Version) || len(parts) != len(analysers.Analysers())+1 {
			t.Errorf("engine %q", name)
		}
		for i := range parts {
			changed := slices.Clone(parts)
			changed[i] += "-next"
			if n := recommended(strings.Join(changed, " ")); n != 1 {
				t.Errorf("%s: %d recommended", changed[i], n)
			}
		}
	})
}
