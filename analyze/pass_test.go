package analyze

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/analysis"
	"github.com/landwaiter/landwaiter/layer"
)

// recorder is an analyser that writes down what it is shown, and does what a
// test wants at a stage: "start", "entry", "head", "write", "file", "finish".
type recorder struct {
	name   string
	want   analysis.Want
	refuse string             // the path whose head is refused
	at     func(stage string) // nil does nothing
	seen   []string
}

func (a *recorder) Describe() landwaiter.Analyser {
	return landwaiter.Analyser{Name: a.name, Version: "1", Kind: landwaiter.ScanRisk}
}

func (a *recorder) Start(f *analysis.Findings) analysis.Run { return &recording{a, f, nil} }

type recording struct {
	*recorder
	findings *analysis.Findings
	passed   []byte
}

func (r *recording) stage(name string) {
	if r.at != nil {
		r.at(name)
	}
}

func (r *recording) Entry(e *layer.Entry) analysis.Want {
	r.stage("entry")
	r.passed = nil
	r.seen = append(r.seen, fmt.Sprintf("%c %s", e.Type, e.Path))
	return r.want
}

func (r *recording) Head(e *layer.Entry, _ []byte) bool {
	r.stage("head")
	return string(e.Path) != r.refuse
}

func (r *recording) Write(p []byte) (int, error) {
	r.stage("write")
	r.passed = append(r.passed, p...)
	return len(p), nil
}

func (r *recording) File(_ context.Context, f *analysis.File) error {
	r.stage("file")
	content := r.passed
	if f.Data != nil {
		content = make([]byte, f.Size)
		if _, err := f.Data.ReadAt(content, 0); err != nil {
			return err
		}
		if (f.Bytes == nil) != (f.Size > analysis.InMemory) || f.Bytes != nil && !bytes.Equal(f.Bytes, content) {
			return errors.New("in memory is something else")
		}
	}
	if int64(len(content)) != f.Size || f.Size != f.Entry.Size {
		return fmt.Errorf("%d bytes, not %d", f.Size, len(content))
	}
	r.seen = append(r.seen, fmt.Sprintf("%d bytes %.9s", f.Size, content))
	return nil
}

func (r *recording) Finish() {
	r.stage("finish")
	r.seen = append(r.seen, "end")
}

// look runs analysers over a layer and returns the coverage of each.
func look(t *testing.T, blob []byte, analysers ...analysis.Analyser) []landwaiter.Coverage {
	t.Helper()
	e, err := suiteOf(Options{Spool: t.TempDir()}, analysers)
	if err != nil {
		t.Fatal(err)
	}
	return analyse(t, e, blob).Coverage
}

// TestRunsSeeWhatTheyWant: whatever others want of the same files.
func TestRunsSeeWhatTheyWant(t *testing.T) {
	big := "big" + strings.Repeat("x", analysis.InMemory)
	blob := tarOf(t,
		file{name: "d", typ: tar.TypeDir}, file{name: "l", typ: tar.TypeSymlink, link: "a"},
		file{name: "empty"}, file{name: "a", content: "alpha"}, file{name: "b", content: big},
		file{name: "c", content: "gamma"},
	)
	headers := []string{"5 d", "2 l", "0 empty", "0 a", "0 b", "0 c", "end"}
	content := []string{
		"5 d", "2 l", "0 empty", "0 a", "5 bytes alpha", "0 b", fmt.Sprint(len(big), " bytes bigxxxxxx"),
		"0 c", "5 bytes gamma", "end",
	}
	for _, others := range [][]analysis.Content{{}, {analysis.None}, {analysis.Stream}, {analysis.Whole}, {1, 2, 0}} {
		for want, seen := range map[analysis.Content][]string{
			analysis.None: headers, analysis.Stream: content, analysis.Whole: content,
		} {
			a := &recorder{name: "a", want: analysis.Want{Content: want}}
			all := []analysis.Analyser{a}
			for i, other := range others {
				all = append(all, &recorder{name: fmt.Sprint(i), want: analysis.Want{Content: other}})
			}
			for _, c := range look(t, blob, all...) {
				if c.State != landwaiter.Scanned {
					t.Errorf("%d beside %d: %+v", want, others, c)
				}
			}
			if d := cmp.Diff(seen, a.seen); d != "" {
				t.Errorf("%d beside %d: %s", want, others, d)
			}
		}
	}
}

// TestLimitOfARun: a file above it is told of, unless its head is refused anyway.
func TestLimitOfARun(t *testing.T) {
	blob := tarOf(t, file{name: "fits", content: "12345"}, file{name: "large", content: "123456"},
		file{name: "other", content: "1234567"})
	for _, content := range []analysis.Content{analysis.Stream, analysis.Whole} {
		a := &recorder{name: "a", refuse: "other", want: analysis.Want{Content: content, Max: 5}}
		c := look(t, blob, a)[0]
		if c.State != landwaiter.Partial || c.Reason != "large: 6 bytes exceed the limit of 5" {
			t.Errorf("%+v", c)
		}
		if d := cmp.Diff([]string{"0 fits", "5 bytes 12345", "0 large", "0 other", "end"}, a.seen); d != "" {
			t.Error(d)
		}
	}
}

// TestPanicsAreContained: at each stage a panic costs the analyser one file, and
// other analysers nothing.
func TestPanicsAreContained(t *testing.T) {
	blob := tarOf(t, file{name: "bad", content: "bad"}, file{name: "good", content: "good"})
	for stage, want := range map[string]struct {
		reason string
		last   string
	}{
		"entry":  {"bad: the analyser panicked: entry", "end"},
		"head":   {"bad: the analyser panicked: head", "end"},
		"write":  {"bad: the analyser panicked: write", "end"},
		"file":   {"bad: the analyser panicked: file", "end"},
		"finish": {"the analyser panicked: finish", "4 bytes good"},
	} {
		panicked := false
		a := &recorder{name: "a", want: analysis.Want{Content: analysis.Stream}, at: func(s string) {
			if s == stage && !panicked {
				panicked = true
				panic(s)
			}
		}}
		before := &recorder{name: "before", want: analysis.Want{Content: analysis.Whole}}
		after := &recorder{name: "after", want: analysis.Want{Content: analysis.Stream}}
		c := look(t, blob, before, a, after)
		if c[1].State != landwaiter.Partial || c[1].Reason != want.reason {
			t.Errorf("%s: %+v", stage, c[1])
		}
		sawBad := strings.Contains(strings.Join(a.seen, "|"), "bytes bad")
		if a.seen[len(a.seen)-1] != want.last || sawBad != (stage == "finish") {
			t.Errorf("%s: the one that panicked saw %q", stage, a.seen)
		}
		for i, other := range []*recorder{before, after} {
			seen := strings.Join(other.seen, "|")
			if c[2*i].State != landwaiter.Scanned || seen != "0 bad|3 bytes bad|0 good|4 bytes good|end" {
				t.Errorf("%s: another saw %q: %+v", stage, seen, c[2*i])
			}
		}
	}
}

// brokenRun fails with every file.
type brokenRun struct{ recording }

func (*brokenRun) File(context.Context, *analysis.File) error { return io.ErrUnexpectedEOF }

type brokenAnalyser struct{ recorder }

func (a *brokenAnalyser) Start(f *analysis.Findings) analysis.Run {
	return &brokenRun{recording{&a.recorder, f, nil}}
}

func TestErrorsOfFilesAreCoverage(t *testing.T) {
	var files []file
	for i := range 30 {
		files = append(files, file{name: fmt.Sprintf("f%02d", i), content: "x"})
	}
	a := &brokenAnalyser{recorder{name: "a", want: analysis.Want{Content: analysis.Whole}}}
	c := look(t, tarOf(t, files...), a)[0]
	if c.State != landwaiter.Partial || !strings.HasPrefix(c.Reason, "f00: unexpected EOF; f01: ") ||
		!strings.HasSuffix(c.Reason, "; and 20 more") {
		t.Errorf("%+v", c)
	}
}

// finder reports more than is taken, of both sorts.
type finder struct{ recorder }

func (a *finder) Start(f *analysis.Findings) analysis.Run {
	for range analysis.MaxFindings {
		f.AddRisk(landwaiter.Risk{Path: "r"})
		f.AddMalware(landwaiter.Malware{Path: "m"})
	}
	return &recording{&a.recorder, f, nil}
}

func TestFindingsAreBounded(t *testing.T) {
	e, err := suiteOf(Options{Spool: t.TempDir()}, []analysis.Analyser{&finder{recorder{name: "a"}}})
	if err != nil {
		t.Fatal(err)
	}
	r := analyse(t, e, tarOf(t))
	if len(r.Risks)+len(r.Malware) != analysis.MaxFindings || r.Coverage[0].State != landwaiter.Partial {
		t.Errorf("%d risks, %d malware, %+v", len(r.Risks), len(r.Malware), r.Coverage)
	}
	if r.Risks[0].Analyser != "a" || r.Malware[0].Analyser != "a" {
		t.Error("a finding does not name its analyser")
	}
}
