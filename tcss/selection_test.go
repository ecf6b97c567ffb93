package tcss

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/store"
	"github.com/landwaiter/landwaiter/task"
)

// selectionRow is a row of docs/selection.md.
type selectionRow struct {
	request string
	want    string // images, or the code
	refused bool
}

// selectionRows reads the tables whose first column is "request".
func selectionRows(t *testing.T) []selectionRow {
	t.Helper()
	b, err := os.ReadFile("../docs/selection.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []selectionRow
	heading := ""
	for _, line := range strings.Split(string(b), "\n") {
		cells := strings.Split(strings.Trim(line, "|"), " | ")
		switch {
		case !strings.HasPrefix(line, "|"):
			heading = ""
		case strings.HasPrefix(line, "| request |"):
			heading = strings.Trim(cells[1], " |")
		case heading != "" && len(cells) == 2:
			rows = append(rows, selectionRow{
				request: strings.Trim(cells[0], "` "), want: strings.TrimSpace(cells[1]), refused: heading == "code",
			})
		}
	}
	if len(rows) < 40 {
		t.Fatalf("only %d rows were found", len(rows))
	}
	return rows
}

// imageID gives a letter of the document its image ID.
func imageID(letter string) string { return fmt.Sprintf("sha256:%064x", letter) }

func TestSelectionTable(t *testing.T) {
	s := newSelectionFleet(t)
	for _, row := range selectionRows(t) {
		t.Run(row.request, func(t *testing.T) {
			got, err := s.choose(t, row.request)
			var wire *cloudapi.Error
			switch {
			case row.refused:
				if code := codeOf(err); code != row.want {
					t.Fatalf("got %q (%v), want %s", code, err, row.want)
				}
			case errors.As(err, &wire) || err != nil:
				t.Fatal(err)
			case got != row.want:
				t.Fatalf("got %q, want %q", got, row.want)
			}
		})
	}
}

// codeOf is the code that the server gives an error.
func codeOf(err error) string {
	var wire *cloudapi.Error
	if errors.As(err, &wire) {
		return wire.Code
	}
	return map[landwaiter.ErrorKind]string{
		landwaiter.Invalid:  cloudapi.InvalidParameter,
		landwaiter.NotFound: cloudapi.ResourceNotFound,
		landwaiter.Conflict: cloudapi.FailedOperation,
	}[landwaiter.KindOf(err)]
}

type selectionFleet struct{ *Service }

// choose creates a task and returns the letters of its images; the task is
// deleted again.
func (s selectionFleet) choose(t *testing.T, request string) (string, error) {
	t.Helper()
	for _, letter := range strings.Split("abcdefz", "") {
		request = strings.ReplaceAll(request, fmt.Sprintf("%q", letter), fmt.Sprintf("%q", imageID(letter)))
	}
	req := CreateAssetImageScanTaskRequest{ScanVul: true}
	if err := json.Unmarshal([]byte(request), &req); err != nil {
		t.Fatal(err)
	}
	resp, err := s.createScanTask(t.Context(), &req)
	if err != nil {
		return "", err
	}
	scans, err := s.Store.Tasks().ImageScans(t.Context(), resp.TaskID)
	if err != nil {
		t.Fatal(err)
	}
	var letters []string
	for _, sc := range scans {
		for _, letter := range strings.Split("abcdef", "") {
			if sc.ImageID == imageID(letter) {
				letters = append(letters, letter)
			}
		}
		if (req.ScanScope == scopeRecommended) != (sc.Why != "") {
			t.Errorf("reason of %s: %q", sc.ImageID, sc.Why)
		}
	}
	if _, err := s.Store.SQL().Exec("DELETE FROM task WHERE id = ?", resp.TaskID); err != nil {
		t.Fatal(err)
	}
	slices.Sort(letters)
	return strings.Join(letters, " "), nil
}

// distinctTimes returns a clock that never shows the same millisecond twice.
// The store keeps times to the millisecond, and these tests depend on their
// order.
func distinctTimes() func() time.Time {
	var calls atomic.Int64
	return func() time.Time { return time.Now().Add(time.Duration(calls.Add(1)) * time.Millisecond) }
}

// newSelectionFleet makes the fleet that the document describes.
func newSelectionFleet(t *testing.T) selectionFleet {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Clock: distinctTimes()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	analysers, err := analyze.New(analyze.Options{Spool: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	scanner := &scan.Scanner{Store: scan.StoreOf(st), Suite: analysers, Log: log}
	runner, err := task.New(t.Context(), task.Config{Store: st, Scanner: scanner, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	f := selectionFleet{&Service{Store: st, Tasks: runner}}
	f.fill(t, scanner.AnalyserVersions())
	return f
}

func (s selectionFleet) fill(t *testing.T, engine string) {
	t.Helper()
	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Store.Advisories().Put(ctx, []store.NewAdvisory{{
		Hash: []byte("h"), Keys: []landwaiter.PackageKey{{Ecosystem: "npm", Name: "left"}},
		Advisory: &landwaiter.Advisory{ID: "GHSA-1", Urgency: "critical", Affected: []landwaiter.Affected{{
			Ecosystem: "npm", Name: "left",
			Ranges: []landwaiter.Range{{Type: "SEMVER", Events: []landwaiter.Event{{Introduced: "0"}, {Fixed: "2.0.0"}}}},
		}}},
	}})
	check(err)
	for letter, name := range map[string]string{
		"a": "shop/web:1", "b": "shop/api:1", "c": "shop/job:2", "d": "old/app:1", "e": "base:12", "f": "busy:1",
	} {
		img := landwaiter.Image{ID: imageID(letter), Names: []string{name}}
		check(s.Store.Images().Put(ctx, img, store.Place{}))
		rep := &landwaiter.Report{Image: img, Kinds: landwaiter.ScanVul, Analysers: engine}
		if letter == "e" {
			left := landwaiter.Package{Type: "npm", Ecosystem: "npm", Name: "left", Version: "1.0.0", Path: "p"}
			rep.Packages = []landwaiter.ImagePackage{{Package: left}}
		}
		if letter != "b" {
			check(s.Store.Reports().Commit(ctx, rep, scan.Matcher, nil))
		}
	}
	check(s.Store.Authorizations().Set(ctx, landwaiter.Selection{Images: []string{imageID("d")}}, false))
	check(s.Store.Sources().Add(ctx, store.Source{Name: "k8s", Type: "kubernetes", Config: []byte("{}")}))
	check(s.Store.Runtimes().Put(ctx, "k8s", store.Runtime{
		Clusters: []store.Cluster{{ID: "cls-1"}, {ID: "cls-2"}},
		Containers: []store.Container{
			{ID: "1", ImageID: imageID("a"), ClusterID: "cls-1", State: "running"},
			{ID: "2", ImageID: imageID("b"), ClusterID: "cls-1", State: "exited"},
			{ID: "3", ImageID: imageID("d"), ClusterID: "cls-2", State: "running"},
		},
	}))
	_, err = s.Tasks.Create(ctx, landwaiter.Selection{Images: []string{imageID("f")}, Kinds: landwaiter.ScanVul})
	check(err)
}

func TestOneClickTasksRunOneAtATime(t *testing.T) {
	s := newSelectionFleet(t)
	req := &CreateAssetImageScanTaskRequest{ScanVul: true, IsOneClickScanningTask: true, Images: []string{imageID("a")}}
	first, err := s.createScanTask(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	req.Images = []string{imageID("c")}
	if _, err := s.createScanTask(t.Context(), req); codeOf(err) != errAlreadyScanning {
		t.Fatalf("a second one-click task: %v", err)
	}
	last, err := s.describeScanTask(t.Context(), &DescribeAssetImageScanTaskRequest{})
	if err != nil || last.TaskID != first.TaskID || last.Status != "READY" {
		t.Fatalf("%+v, %v", last, err)
	}
}

func TestPlanCountsWithoutScanning(t *testing.T) {
	s := newSelectionFleet(t)
	p, err := s.Tasks.Plan(t.Context(), landwaiter.Selection{All: true, Recommended: true, Kinds: landwaiter.ScanVul})
	if err != nil {
		t.Fatal(err)
	}
	if p.Images != 3 || p.Unauthorized != 1 || p.Busy != 0 || p.Unreachable != 3 ||
		p.Why[landwaiter.ReasonNeverScanned] != 1 || p.Why[landwaiter.ReasonRunning] != 1 {
		t.Fatalf("%+v", p)
	}
	p, err = s.Tasks.Plan(t.Context(), landwaiter.Selection{All: true, Kinds: landwaiter.ScanVul})
	if err != nil || p.Images != 4 || p.Busy != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
}
