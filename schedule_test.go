package landwaiter

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func clock(t testing.TB, s string) TimeOfDay {
	t.Helper()
	c, err := ParseTimeOfDay(s)
	if err != nil {
		t.Fatal(err)
	}
	if c.String() != s {
		t.Fatalf("%s came back as %s", s, c)
	}
	return c
}

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	if s == "" {
		return time.Time{}
	}
	at, err := time.Parse("02 15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return at.AddDate(2026, 0, 0)
}

func TestScheduleDue(t *testing.T) {
	for _, tt := range []struct {
		start, end string
		period     int
		last, now  string
		unfinished bool
		want       time.Duration // -1: not due
	}{
		{"01:00", "05:00", 1, "", "10 00:59", false, -1},
		{"01:00", "05:00", 1, "", "10 01:00", false, 4 * time.Hour},
		{"01:00", "05:00", 1, "", "10 04:30", false, 30 * time.Minute},
		{"01:00", "05:00", 1, "", "10 05:00", false, -1},
		{"01:00", "05:00", 1, "10 01:00", "10 02:00", false, -1}, // once in a window
		{"01:00", "05:00", 1, "10 04:00", "11 01:00", false, 4 * time.Hour},
		{"01:00", "05:00", 7, "10 01:00", "16 01:00", false, -1},
		{"01:00", "05:00", 7, "10 04:00", "17 01:00", false, 4 * time.Hour},
		{"01:00", "05:00", 7, "10 01:00", "11 01:00", true, 4 * time.Hour}, // goes on in the next window
		{"01:00", "05:00", 7, "10 01:00", "10 02:00", true, -1},
		{"22:00", "02:00", 1, "10 22:00", "11 01:00", false, -1}, // over midnight
		{"22:00", "02:00", 1, "10 22:00", "11 22:00", false, 4 * time.Hour},
		{"22:00", "02:00", 1, "", "11 01:00", false, time.Hour},
		{"03:00", "03:00", 1, "", "10 17:00", false, 0}, // no end
		{"03:00", "03:00", 1, "10 03:00", "11 02:59", false, -1},
		{"03:00", "03:00", 1, "10 03:00", "11 03:00", false, 0},
		{"04:00", "05:00", 1, "10 01:00", "10 04:00", false, -1}, // the window was moved
	} {
		s := Schedule{Enabled: true, Start: clock(t, tt.start), End: clock(t, tt.end), Period: tt.period,
			LastRun: moment(t, tt.last)}
		got, due := s.Due(moment(t, tt.now), tt.unfinished)
		if !due {
			got = -1
		}
		if got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
		s.Enabled = false
		if _, due := s.Due(moment(t, tt.now), tt.unfinished); due {
			t.Errorf("%+v: due though disabled", tt)
		}
	}
	for _, bad := range []string{"", "25:00", "1", "12:61", "noon"} {
		if _, err := ParseTimeOfDay(bad); KindOf(err) != Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestScheduleRunsOncePerPeriod walks through many days minute by minute.
func TestScheduleRunsOncePerPeriod(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Schedule{
			Enabled: true, Period: rapid.IntRange(1, 4).Draw(t, "period"),
			Start: TimeOfDay(time.Duration(rapid.IntRange(0, 1439).Draw(t, "start")) * time.Minute),
			End:   TimeOfDay(time.Duration(rapid.IntRange(0, 1439).Draw(t, "end")) * time.Minute),
		}
		step := time.Duration(rapid.IntRange(1, 30).Draw(t, "step")) * time.Minute
		begin := time.Date(2026, 3, 28, 0, 0, 0, 0, time.UTC)
		var runs []time.Time
		for now := begin; now.Before(begin.AddDate(0, 0, 20)); now = now.Add(step) {
			timeout, due := s.Due(now, false)
			if !due {
				continue
			}
			if timeout < 0 || timeout > 24*time.Hour {
				t.Fatalf("timeout %s", timeout)
			}
			if n := len(runs); n > 0 {
				// Windows begin exactly a period apart; a run may begin late in its own.
				first, _, _ := s.window(runs[n-1])
				second, _, _ := s.window(now)
				if second.Sub(first) < time.Duration(s.Period)*24*time.Hour {
					t.Fatalf("runs at %s and %s", runs[n-1], now)
				}
			}
			runs = append(runs, now)
			s.LastRun = now
		}
		// A window shorter than the step may be stepped over.
		length := time.Duration(s.End - s.Start)
		if length <= 0 {
			length += 24 * time.Hour
		}
		if length > step && len(runs) < 20/s.Period-1 {
			t.Fatalf("only %d runs in 20 days with a period of %d", len(runs), s.Period)
		}
	})
}
