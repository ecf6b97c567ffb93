package match

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/landwaiter/landwaiter"
)

// events parses "introduced=0 fixed=1.2".
func events(text string) []landwaiter.Event {
	var out []landwaiter.Event
	for _, word := range strings.Fields(text) {
		kind, v, _ := strings.Cut(word, "=")
		switch kind {
		case "introduced":
			out = append(out, landwaiter.Event{Introduced: v})
		case "fixed":
			out = append(out, landwaiter.Event{Fixed: v})
		case "last":
			out = append(out, landwaiter.Event{LastAffected: v})
		case "limit":
			out = append(out, landwaiter.Event{Limit: v})
		}
	}
	return out
}

// entry returns an entry with these ranges, and with the versions listed after
// "listed:".
func entry(ecosystem, name string, ranges ...string) landwaiter.Affected {
	a := landwaiter.Affected{Ecosystem: ecosystem, Name: name}
	for _, r := range ranges {
		if list, ok := strings.CutPrefix(r, "listed:"); ok {
			a.Versions = strings.Fields(list)
			continue
		}
		a.Ranges = append(a.Ranges, landwaiter.Range{Type: "ECOSYSTEM", Events: events(r)})
	}
	return a
}

func TestAffects(t *testing.T) {
	for _, c := range []struct {
		ecosystem, version string
		ranges             []string
		affected           bool
		fixed, why         string
	}{
		{"npm", "1.0.0", []string{"introduced=0 fixed=1.2.0"}, true, "1.2.0", "in [0, 1.2.0)"},
		{"npm", "1.2.0", []string{"introduced=0 fixed=1.2.0"}, false, "", ""},
		{"npm", "1.2.0-rc.1", []string{"introduced=0 fixed=1.2.0"}, true, "1.2.0", "in [0, 1.2.0)"},
		{"npm", "0.9.0", []string{"introduced=1.0.0 fixed=1.2.0"}, false, "", ""},
		{"npm", "1.0.0", []string{"introduced=1.0.0 last=1.0.0"}, true, "", "in [1.0.0, 1.0.0]"},
		{"npm", "1.0.1", []string{"introduced=1.0.0 last=1.0.0"}, false, "", ""},
		{"npm", "9.0.0", []string{"introduced=0"}, true, "", "in [0, ...)"},
		{"npm", "0.0.0-0", []string{"introduced=0"}, true, "", "in [0, ...)"},
		// Several events in one range, unsorted.
		{"npm", "2.1.0", []string{"fixed=2.2.0 introduced=2.0.0 fixed=1.5.0 introduced=0"}, true, "2.2.0",
			"in [2.0.0, 2.2.0)"},
		{"npm", "1.5.0", []string{"fixed=2.2.0 introduced=2.0.0 fixed=1.5.0 introduced=0"}, false, "", ""},
		{"npm", "1.0.0", []string{"introduced=0 fixed=1.5.0 introduced=2.0.0 fixed=2.2.0"}, true, "1.5.0",
			"in [0, 1.5.0)"},
		// A version that is affected again after its fix.
		{"npm", "1.0.0", []string{"introduced=0 fixed=1.5.0 introduced=1.5.0 fixed=1.6.0"}, true, "1.6.0",
			"in [0, 1.5.0)"},
		{"npm", "1.0.0", []string{"introduced=1.0.0 fixed=1.0.0"}, false, "", ""},
		// Several ranges: the fix must leave all of them.
		{"npm", "1.0.0", []string{"introduced=0 fixed=1.1.0", "introduced=0 fixed=1.4.0"}, true, "1.4.0",
			"in [0, 1.1.0)"},
		{"npm", "3.0.0", []string{"introduced=0 fixed=1.1.0", "introduced=2.0.0 last=3.0.0"}, true, "",
			"in [2.0.0, 3.0.0]"},
		{"npm", "1.0.0", []string{"introduced=0 limit=1.1.0"}, true, "", "in [0, ...)"},
		{"npm", "1.2.0", []string{"introduced=0 limit=1.1.0"}, false, "", ""},
		{"npm", "1.2.0", []string{"introduced=0 limit=1.1.0 limit=*"}, true, "", "in [0, ...)"},
		{"npm", "2.0.0", []string{"listed:1.0.0 2.0.0"}, true, "", "listed"},
		{"npm", "3.0.0", []string{"listed:1.0.0 2.0.0"}, false, "", ""},
		{"PyPI", "1.0", []string{"listed:1.0.0"}, true, "", "listed as 1.0.0"},
		{"PyPI", "1.0", []string{"introduced=2 fixed=3", "listed:1.0"}, true, "3", "listed"},
		{"Debian:12", "1:1.0-1", []string{"introduced=0 fixed=1:1.0-1+deb12u1"}, true, "1:1.0-1+deb12u1",
			"in [0, 1:1.0-1+deb12u1)"},
		{"AlmaLinux:9", "1:3.0.7-1.el9", []string{"introduced=0 fixed=3.0.8-1.el9"}, false, "", ""},
		{"Alpine:v3.11", "1.31.1-r9", []string{"introduced=0 fixed=1.31.1-r10"}, true, "1.31.1-r10",
			"in [0, 1.31.1-r10)"},
	} {
		a := entry(c.ecosystem, "x", c.ranges...)
		got, err := Affects(&a, c.ecosystem, c.version)
		if want := (Verdict{c.affected, c.fixed, c.why}); got != want || err != nil {
			t.Errorf("%s %s %q: %+v, %v; want %+v", c.ecosystem, c.version, c.ranges, got, err, want)
		}
	}
}

func TestAffectsErrors(t *testing.T) {
	bad := entry("Debian:12", "x", "introduced=0 fixed=x:1")
	if v, err := Affects(&bad, "Debian:12", "1"); v.Affected || landwaiter.KindOf(err) != landwaiter.Invalid {
		t.Errorf("an unreadable event: %+v, %v", v, err)
	}
	half := entry("Debian:12", "x", "introduced=0 fixed=x:1", "introduced=0 fixed=2")
	if v, err := Affects(&half, "Debian:12", "1"); !v.Affected || v.Fixed != "2" || err != nil {
		t.Errorf("one readable range: %+v, %v", v, err)
	}
	if _, err := Affects(&half, "Debian:12", "x:1"); landwaiter.KindOf(err) != landwaiter.Invalid {
		t.Errorf("an unreadable version: %v", err)
	}
}

// TestFixCloses checks that the fix is newer than the installed version and
// that the entry does not cover it, whatever its ranges.
func TestFixCloses(t *testing.T) {
	number := rapid.StringMatching(`[0-3]\.[0-3]`)
	event := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"introduced=", "fixed=", "last="}).Draw(t, "kind") + number.Draw(t, "version")
	})
	rapid.Check(t, func(t *rapid.T) {
		var ranges []string
		for range rapid.IntRange(1, 3).Draw(t, "ranges") {
			ranges = append(ranges, "introduced=0 "+strings.Join(rapid.SliceOfN(event, 0, 5).Draw(t, "events"), " "))
		}
		a, version := entry("npm", "x", ranges...), number.Draw(t, "version")
		v, err := Affects(&a, "npm", version)
		if err != nil {
			t.Fatal(err)
		}
		if !v.Affected && v != (Verdict{}) {
			t.Fatalf("not affected, but %+v", v)
		}
		if v.Fixed == "" {
			return
		}
		if after, _ := Affects(&a, "npm", v.Fixed); after.Affected {
			t.Fatalf("%s does not fix %q", v.Fixed, ranges)
		}
		if c, _ := Compare("npm", version, v.Fixed); c >= 0 {
			t.Fatalf("%s is not newer than %s", v.Fixed, version)
		}
	})
}
