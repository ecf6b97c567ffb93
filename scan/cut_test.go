package scan_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/layer"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/store"
)

func newScanner(t *testing.T, s *store.DB, limits layer.Limits) *scan.Scanner {
	t.Helper()
	suite, err := analyze.New(analyze.Options{Spool: t.TempDir(), Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	return &scan.Scanner{Store: scan.StoreOf(s), Suite: suite, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// TestCutLayer: what was found before a limit is reported for the image, also
// when it is read from the store, and means nothing to other images.
func TestCutLayer(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	bomb := nodeImage(0)
	bomb.Layers[1].Files = append(bomb.Layers[1].Files, imagetest.Text("zeros", strings.Repeat("\x00", 8<<20)))
	img := layouts(t, s, bomb)[0]
	limited := newScanner(t, s, layer.Limits{RatioFrom: 1 << 20})
	rep, err := limited.Scan(t.Context(), img, scan.Options{Kinds: landwaiter.ScanAll})
	if err != nil {
		t.Fatal(err)
	}
	stored, err := s.Reports().Get(t.Context(), rep.ID, limited.Suite.Analysers())
	if err != nil {
		t.Fatal(err)
	}
	top := rep.Layers[1].DiffID
	for name, rep := range map[string]*landwaiter.Report{"scanned": rep, "stored": stored} {
		cut := 0
		for _, c := range rep.Coverage {
			if c.Layer == top && c.State == landwaiter.Partial &&
				strings.HasPrefix(c.Reason, "not looked at after the first 2 entries") && !strings.Contains(c.Reason, "digest") {
				cut++
			}
		}
		if cut != len(limited.Suite.Analysers()) || len(rep.Packages) != 2 || rep.Shortfall() == "" {
			t.Errorf("%s: coverage %+v, packages %+v", name, rep.Coverage, rep.Packages)
		}
	}
	missing, err := s.Layers().Missing(t.Context(), []string{top}, limited.Suite.Analysers())
	if err != nil || len(missing[top]) != len(limited.Suite.Analysers()) {
		t.Errorf("facts of a layer that was cut are stored: %v %v", missing, err)
	}
	// The same scanner does not remember it, and one with other limits reads it.
	for _, whole := range []bool{false, true} {
		if whole {
			limited = newScanner(t, s, layer.Limits{})
		}
		rep, err := limited.Scan(t.Context(), img, scan.Options{Kinds: landwaiter.ScanAll})
		if err != nil || rep.Known[top] || rep.Cut[top] == whole || len(rep.Packages) != 2 {
			t.Errorf("whole %t: known %v, cut %v, %+v %v", whole, rep.Known, rep.Cut, rep.Packages, err)
		}
	}
}

// TestCutLayerOfAnotherBlob: facts of bytes that are not of the blob that the
// manifest names are not reported at all.
func TestCutLayerOfAnotherBlob(t *testing.T) {
	s := open(t, store.Options{Dir: t.TempDir()})
	bomb := nodeImage(1)
	bomb.Layers[1].Files = append(bomb.Layers[1].Files, imagetest.Text("zeros", strings.Repeat("\x00", 8<<20)))
	images := layouts(t, s, nodeImage(0), bomb)
	scanner := newScanner(t, s, layer.Limits{RatioFrom: 1 << 20})
	rep, err := scanner.Scan(t.Context(), liar{images[0], images[1]}, scan.Options{Kinds: landwaiter.ScanAll})
	if err != nil || len(rep.Packages) != 1 {
		t.Errorf("packages %+v, %v", rep.Packages, err)
	}
}

// silent is an image whose layers never come, or drip.
type silent struct {
	source.Image
	drip time.Duration // between two bytes; 0 for never
}

func (s silent) Layer(ctx context.Context, i int) (io.ReadCloser, error) {
	if s.drip == 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	blob, err := s.Image.Layer(ctx, i)
	return drip{blob, s.drip}, err
}

type drip struct {
	io.ReadCloser
	every time.Duration
}

func (d drip) Read(b []byte) (int, error) {
	time.Sleep(d.every)
	return d.ReadCloser.Read(b[:min(1, len(b))])
}

// streamed is an image whose blobs are not in local files.
type streamed struct{ source.Image }

func (s streamed) Layer(ctx context.Context, i int) (io.ReadCloser, error) {
	blob, err := s.Image.Layer(ctx, i)
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	all, err := io.ReadAll(blob)
	return io.NopCloser(bytes.NewReader(all)), err
}

// TestSlowSourceHoldsNobody: an image that claims the layers of another and does
// not deliver them does not keep the other one waiting.
func TestSlowSourceHoldsNobody(t *testing.T) {
	for name, every := range map[string]time.Duration{"never answers": 0, "drips": 50 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			s := open(t, store.Options{Dir: t.TempDir()})
			img := layouts(t, s, nodeImage(0))[0]
			scanner := newScanner(t, s, layer.Limits{})
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				_, _ = scanner.Scan(ctx, silent{img, every}, scan.Options{Kinds: landwaiter.ScanAll})
			}()
			defer func() { cancel(); <-ended }()
			time.Sleep(50 * time.Millisecond) // the silent one reads first
			began := time.Now()
			rep, err := scanner.Scan(t.Context(), streamed{img}, scan.Options{Kinds: landwaiter.ScanAll})
			if err != nil || len(rep.Packages) != 2 {
				t.Fatalf("%+v %v", rep, err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("an honest image took %v", took)
			}
		})
	}
}
