package scan

import (
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

// TestFlightsJoinByBothDigests: scans wait for each other only if their images
// claim the same content and the same blob.
func TestFlightsJoinByBothDigests(t *testing.T) {
	var f flights
	base := landwaiter.LayerRef{DiffID: "sha256:a", Digest: "sha256:b"}
	first, leader := f.join(base)
	if !leader {
		t.Fatal("nobody leads")
	}
	for _, other := range []landwaiter.LayerRef{{DiffID: "sha256:a", Digest: "sha256:c"}, {DiffID: "sha256:a"},
		{DiffID: "sha256:c", Digest: "sha256:b"}} {
		at, leader := f.join(other)
		if !leader {
			t.Errorf("%v waits for %v", other, base)
		}
		f.land(other, at)
	}
	at, leader := f.join(base)
	if leader || at != first {
		t.Error("the same layer is read twice")
	}
	f.land(base, first)
	if landed, err := at.wait(t.Context()); !landed || err != nil {
		t.Errorf("landed %t, %v", landed, err)
	}
	if _, leader := f.join(base); !leader {
		t.Error("nobody leads after the flight has landed")
	}
}

// TestSlow: a source is slow by the time that it takes, not by that of its reader.
func TestSlow(t *testing.T) {
	for _, c := range []struct {
		name   string
		flight *flight
		want   bool
	}{
		{"just opened", &flight{since: time.Now()}, false},
		{"a reader at work", &flight{}, false},
		{"no answer", &flight{since: time.Now().Add(-2 * patience)}, true},
		{"6 KB/s", &flight{bytes: 60_000, waited: 10 * time.Second}, true},
		{"6 KB/s, now waiting", &flight{bytes: 60_000, since: time.Now().Add(-10 * time.Second)}, true},
		{"1 MB/s", &flight{bytes: 100 << 20, waited: 100 * time.Second}, false},
	} {
		if got := c.flight.slow(); got != c.want {
			t.Errorf("%s: slow %t", c.name, got)
		}
	}
}
