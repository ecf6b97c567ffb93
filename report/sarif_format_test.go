package report

import (
	"testing"

	"github.com/landwaiter/landwaiter"
)

// Services grade by the score alone: it must not contradict the severity.
func TestScore(t *testing.T) {
	for _, c := range []struct {
		severity landwaiter.Severity
		cvss     float64
		want     string
	}{
		{landwaiter.Unknown, 0, "0.0"}, {landwaiter.Low, 0, "2.0"}, {landwaiter.High, 0, "8.0"},
		{landwaiter.Critical, 9.8, "9.8"},
		{landwaiter.Medium, 6.1, "6.1"}, {landwaiter.High, 10, "10.0"}, {landwaiter.High, 3.3, "8.0"},
		{landwaiter.Low, 9.8, "2.0"},
	} {
		if got := score(c.severity, c.cvss); got != c.want {
			t.Errorf("%s, %.1f: %s, want %s", c.severity, c.cvss, got, c.want)
		}
	}
}
