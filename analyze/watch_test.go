package analyze

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/analysis"
)

// TestWatched: the one who looks on hears of each look into a file, and keeps
// one analyser from one file without a loss for anyone else.
func TestWatched(t *testing.T) {
	spool, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, Options{SpoolFile: spool})
	large := file{name: "large.jar", content: strings.Repeat("\x00", analysis.InMemory+1)}
	token := "token: ghp_" + "a8Kq2LmN4pRs6TuV8wXy0zAb1CdE3fGh5JkL" + "\n"
	blob := tarOf(t, file{name: "var/lib/dpkg/status", content: dpkgStatus + token}, file{name: "b", content: token},
		large)
	var marks []string
	w := Watch{
		Mark: func(path []byte, analyser string, size int64) {
			if analyser != "" {
				marks = append(marks, analyser+" "+string(path))
			}
		},
		Skipped: func(path []byte, analyser string) (string, bool) {
			return "it was the end of a reader", string(path) == "var/lib/dpkg/status" &&
				analyser == landwaiter.AnalyserPackages
		},
	}
	for range 2 { // the spool file serves more than one layer
		marks = nil
		r, err := e.Watched(t.Context(), bytes.NewReader(blob), nil, w)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"secrets var/lib/dpkg/status", "secrets b", "packages large.jar", "packages "},
			marks); d != "" {
			t.Error(d)
		}
		if len(r.Packages) != 0 || len(r.Risks) != 2 {
			t.Errorf("%+v %+v", r.Packages, r.Risks)
		}
		for _, c := range r.Coverage {
			told := strings.HasPrefix(c.Reason, "var/lib/dpkg/status: it was the end of a reader")
			if told != (c.Analyser == landwaiter.AnalyserPackages) || told != (c.State == landwaiter.Partial) {
				t.Errorf("%+v", c)
			}
		}
	}
}
