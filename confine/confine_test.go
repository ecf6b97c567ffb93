package confine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

func newReader(t testing.TB, o Options) *Reader {
	t.Helper()
	if o.Spool == "" {
		o.Spool = t.TempDir()
	}
	r, err := NewReader(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// opener opens text as a blob that comes through a pipe.
func opener(text string) Open {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

var analysers = []string{"a", "b", "c"}

func layer(t testing.TB, p *Pool, text string) Result {
	t.Helper()
	res, err := p.Layer(t.Context(), opener(text), analysers, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func names(r *landwaiter.LayerReport) string {
	var out []string
	for _, p := range r.Packages {
		out = append(out, p.Name+"/"+p.Type)
	}
	return strings.Join(out, " ")
}

func coverage(r *landwaiter.LayerReport) string {
	var out []string
	for _, c := range r.Coverage {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s", c.Analyser, c.State, c.Reason)))
	}
	return strings.Join(out, "\n")
}

func TestStatus(t *testing.T) {
	s, err := newReader(t, Options{}).Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", s)
	if (s.Level == Full) != (len(s.Reasons) == 0) {
		t.Errorf("%+v", s)
	}
	if runtime.GOOS != "linux" && s.Level != None {
		t.Error(s)
	}
}

// TestDeaths: whatever a child dies of, the file and the analyser lose what
// they had, and nobody else does.
func TestDeaths(t *testing.T) {
	short := func(int64) time.Duration { return 300 * time.Millisecond }
	memory := "the parser ran out of memory"
	for _, c := range []struct{ action, reason string }{
		{"panic", "the parser crashed"},
		{"map", "the parser crashed"},
		{"stack", "the file nests deeper than the parser's stack"},
		{"memory", memory},
		{"gulp", memory},
		{"goroutines", memory},
		{"spin", "the parser did not end within 300ms"},
		{"sleep", "the parser did not end within 300ms"},
		{"exit", "the parser ended without an answer (exit code 0)"},
		{"print", "the parser crashed with endless output"},
		{"garbage", "the reader's answer: a frame of 2021161079 bytes; at most 262144"},
		{"flood", "the reader's answer: kind 6 out of order"},
		{"gigabytes", "the reader's answer: a frame of 1073741824 bytes; at most 262144"},
	} {
		t.Run(c.action, func(t *testing.T) {
			r := newReader(t, Options{FileTime: short, Memory: 256 << 20})
			if strings.Contains(memory, c.reason) || c.action == "map" { // these take their time
				r.FileTime = fileTime
			}
			pool := r.NewPool()
			defer pool.Close()
			began := time.Now()
			res := layer(t, pool, "before a ok\napp/x b "+c.action+"\napp/x c ok\nafter b ok\n")
			t.Logf("%v", time.Since(began).Round(time.Millisecond))
			if got := names(res.Report); got != "before/a app/x/c after/b" {
				t.Error(got)
			}
			reason := c.reason + "; the file was not read"
			if got, want := coverage(res.Report), "a scanned\nb partial app/x: "+reason+"\nc scanned"; got != want {
				t.Error(cmp.Diff(want, got))
			}
			if d := cmp.Diff([]Skip{{Path: "app/x", Analyser: "b", Reason: reason}}, res.Culprits); d != "" {
				t.Error(d)
			}
			// Known to the caller, it costs no child.
			if res, err := pool.Layer(t.Context(), opener("app/x b "+c.action), analysers, res.Culprits); err != nil ||
				res.Culprits != nil {
				t.Error(res, err)
			}
		})
	}
}

// TestPoison: one analyser dies everywhere. It is given up, the others are not.
func TestPoison(t *testing.T) {
	pool := newReader(t, Options{}).NewPool()
	defer pool.Close()
	var text strings.Builder
	for i := range 20 {
		fmt.Fprintf(&text, "f%d b exit\nf%d a ok\n", i, i)
	}
	res := layer(t, pool, text.String())
	if n := len(res.Report.Packages); n != 20 || len(res.Culprits) != maxDeaths {
		t.Errorf("%d packages, %d culprits", n, len(res.Culprits))
	}
	want := "a scanned\nb failed the analyser failed too often in this layer, last in f5: " +
		"the parser ended without an answer (exit code 0)\nc scanned"
	if got := coverage(res.Report); got != want {
		t.Error(cmp.Diff(want, got))
	}
}

// TestDeathInTheEnd: an analyser may die of the layer as a whole, when it has
// seen all files.
func TestDeathInTheEnd(t *testing.T) {
	pool := newReader(t, Options{}).NewPool()
	defer pool.Close()
	res := layer(t, pool, "x a ok\n b exit\n")
	want := "a scanned\nb partial : the parser ended without an answer (exit code 0) after all files had been read; " +
		"its findings are lost\nc scanned"
	if got := coverage(res.Report); got != want || names(res.Report) != "x/a" {
		t.Error(cmp.Diff(want, got))
	}
}

// TestEveryAnalyserDies: nothing is left to read the layer with.
func TestEveryAnalyserDies(t *testing.T) {
	pool := newReader(t, Options{}).NewPool()
	defer pool.Close()
	var text strings.Builder
	for i := range 20 {
		fmt.Fprintf(&text, "f%d a exit\n", i)
	}
	res, err := pool.Layer(t.Context(), opener(text.String()), []string{"a"}, nil)
	if landwaiter.KindOf(err) != landwaiter.Corrupt || len(res.Culprits) != maxDeaths {
		t.Error(res, err)
	}
}

// TestDeathOutsideFiles: nobody is to blame but the layer.
func TestDeathOutsideFiles(t *testing.T) {
	for action, kind := range map[string]landwaiter.ErrorKind{
		"exit": landwaiter.Corrupt, "memory": landwaiter.TooLarge, "stack": landwaiter.TooLarge,
		"corrupt": landwaiter.Corrupt,
	} {
		pool := newReader(t, Options{Memory: 256 << 20}).NewPool()
		res, err := pool.Layer(t.Context(), opener("x  "+action), analysers, nil)
		if landwaiter.KindOf(err) != kind || res.Culprits != nil {
			t.Errorf("%s: %v %v", action, res, err)
		}
		pool.Close()
	}
}

// TestLayerTime: a layer that is slow everywhere ends, too.
func TestLayerTime(t *testing.T) {
	r := newReader(t, Options{LayerTime: func(int64) time.Duration { return 100 * time.Millisecond }})
	pool := r.NewPool()
	defer pool.Close()
	_, err := pool.Layer(t.Context(), opener("x  spin"), analysers, nil)
	if landwaiter.KindOf(err) != landwaiter.TooLarge || !strings.Contains(err.Error(), "100ms of processor time") {
		t.Error(err)
	}
}

// TestCPULimit: the second line, in the kernel.
func TestCPULimit(t *testing.T) {
	pool := newReader(t, Options{CPU: time.Second}).NewPool()
	defer pool.Close()
	res := layer(t, pool, "x a spin\ny a ok")
	if got := coverage(res.Report); !strings.HasPrefix(got, "a partial x: the parser used up its processor time; ") {
		t.Error(got)
	}
}

// TestReuse: a pool uses a child again, and an error of a layer costs none.
func TestReuse(t *testing.T) {
	pool := newReader(t, Options{}).NewPool()
	defer pool.Close()
	layer(t, pool, "x a ok")
	pid := pool.idle[0].proc.Pid
	if _, err := pool.Layer(t.Context(), opener("x a corrupt"), analysers, nil); err == nil ||
		err.Error() != "layer: broken" {
		t.Error(err)
	}
	if res := layer(t, pool, "x a spool"); res.Report.Packages[0].Name != "kept" ||
		!strings.Contains(res.Report.Packages[0].Version, "file too large") {
		t.Error(res.Report.Packages)
	}
	if len(pool.idle) != 1 || pool.idle[0].proc.Pid != pid {
		t.Error("another child")
	}
}

// TestSourceFails: what the child makes of half a blob is not what is told.
func TestSourceFails(t *testing.T) {
	pool := newReader(t, Options{}).NewPool()
	defer pool.Close()
	broken := landwaiter.Errorf(landwaiter.Unavailable, "the registry hung up")
	for name, open := range map[string]Open{
		"at once": func(context.Context) (io.ReadCloser, error) { return nil, broken },
		"midway": func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("x a ok\n"), &failing{broken})), nil
		},
	} {
		if _, err := pool.Layer(t.Context(), open, analysers, nil); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	layer(t, pool, "x a ok")
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// section is a blob within a file.
type section struct {
	io.Reader
	file      *os.File
	off, size int64
}

func (s section) Close() error                            { return s.file.Close() }
func (s section) Section() (*os.File, int64, int64, bool) { return s.file, s.off, s.size, true }

// TestFile: a blob in a file is read from there, and from its part alone.
func TestFile(t *testing.T) {
	path := t.TempDir() + "/archive"
	if err := os.WriteFile(path, []byte("w a ok\nx a ok\ny b ok\nz c ok\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	pool := newReader(t, Options{}).NewPool()
	defer pool.Close()
	res, err := pool.Layer(t.Context(), func(context.Context) (io.ReadCloser, error) {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		// Where there is no descriptor to hand over, the reader is read.
		return section{io.NewSectionReader(f, 7, 14), f, 7, 14}, nil
	}, analysers, nil)
	if err != nil || names(res.Report) != "x/a y/b" {
		t.Error(err, res)
	}
}

// TestLargePipe: more than a pipe holds goes through it unchanged.
func TestLargePipe(t *testing.T) {
	pool := newReader(t, Options{}).NewPool()
	defer pool.Close()
	line := strings.Repeat("x", 1000) + " none ok\n"
	text := strings.Repeat(line, 10_000) + "end a ok\n"
	want, err := script{}.run(t.Context(), strings.NewReader(text), Job{
		Want:    analysers,
		Mark:    func([]byte, string, int64) {},
		Skipped: func([]byte, string) (string, bool) { return "", false },
	})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, layer(t, pool, text).Report); d != "" {
		t.Error(d)
	}
}

// TestCancel: the end of the context ends the child and the call, at once.
func TestCancel(t *testing.T) {
	for _, action := range []string{"spin", "sleep", "print-nothing"} {
		pool := newReader(t, Options{}).NewPool()
		ctx, cancel := context.WithCancel(t.Context())
		started := make(chan struct{})
		open := func(ctx context.Context) (io.ReadCloser, error) {
			defer close(started)
			if action == "print-nothing" { // a source that is silent
				r, w := io.Pipe()
				context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })
				return r, nil
			}
			return opener("x a " + action)(ctx)
		}
		go func() { <-started; time.Sleep(100 * time.Millisecond); cancel() }()
		_, err := pool.Layer(ctx, open, analysers, nil)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", action, err)
		}
		if len(pool.idle) != 0 {
			t.Errorf("%s: the child lives on", action)
		}
		pool.Close()
	}
}

func TestSetup(t *testing.T) {
	path := t.TempDir() + "/list"
	if err := os.WriteFile(path, []byte("from a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	pool := newReader(t, Options{Config: []byte("files"), Files: []string{path}}).NewPool()
	defer pool.Close()
	res, err := pool.Layer(t.Context(), opener(""), []string{"a"}, nil)
	if err != nil || res.Report.Packages[0].Name != "from a file" {
		t.Error(res, err)
	}
	for config, kind := range map[string]landwaiter.ErrorKind{"refuse": landwaiter.Invalid,
		"crash": landwaiter.Unavailable} {
		_, err := newReader(t, Options{Config: []byte(config)}).Probe(t.Context())
		if landwaiter.KindOf(err) != kind || errors.Is(err, ErrUnavailable) != (config == "crash") {
			t.Errorf("%s: %v", config, err)
		}
	}
	if _, err := NewReader(Options{Mode: "perhaps"}); landwaiter.KindOf(err) != landwaiter.Invalid {
		t.Error(err)
	}
}

func TestEmptyBlob(t *testing.T) {
	pool := newReader(t, Options{}).NewPool()
	defer pool.Close()
	if res := layer(t, pool, ""); res.Report.Packages != nil || !strings.HasPrefix(res.Report.Digest, "sha256:e3b0c442") {
		t.Errorf("%+v", res.Report)
	}
}
