package rule

import (
	"regexp"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

func TestTable(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	for _, r := range All() {
		if !name.MatchString(r.ID) || r.Severity < landwaiter.Low || r.Severity > landwaiter.Critical ||
			r.Title == "" || r.Advice == "" {
			t.Errorf("%+v", r)
		}
		if strings.HasSuffix(r.Title, ".") || strings.HasSuffix(r.Advice, ".") {
			t.Errorf("%s: Risk adds the full stops", r.ID)
		}
		if got := Get(r.ID); got != r {
			t.Errorf("%+v", got)
		}
	}
}

func TestRisk(t *testing.T) {
	r := Get(RootUser)
	if got := r.Risk("").Message; got != r.Title+". "+r.Advice+"." {
		t.Error(got)
	}
	got := r.Risk("uid 0")
	if got.Message != r.Title+" (uid 0). "+r.Advice+"." || got.Rule != RootUser || got.Severity != r.Severity {
		t.Errorf("%+v", got)
	}
}
