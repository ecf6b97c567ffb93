package landwaiter

import "time"

// Schedule is the periodic scan. Every Period days a task starts at one time of
// day and ends at another at the latest. Images that it did not get to are
// scanned in the window of the next day. Times of day are UTC.
type Schedule struct {
	Enabled bool
	Start   TimeOfDay
	End     TimeOfDay // equal to Start means no window: Scan.Timeout limits the run
	Period  int       // days between the starts of runs, at least 1
	Scan    Selection

	LastRun  time.Time // when the last run began; zero before the first
	LastTask string    // its task; "" when none could be created
	Result   string    // "Success", "InsufficientLicense", "ImageNeedIsEmpty", "InternalError"; "" before the first run
}

// TimeOfDay is the time since midnight.
type TimeOfDay time.Duration

// ParseTimeOfDay reads "15:04" or "15:04:05".
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
			return TimeOfDay(t.Sub(midnight)), nil
		}
	}
	return 0, Errorf(Invalid, "%.16q is not a time of day: want HH:MM, in UTC", s)
}

// String writes "15:04", or with seconds when there are any.
func (t TimeOfDay) String() string {
	at := time.Time{}.Add(time.Duration(t))
	if at.Second() != 0 {
		return at.Format("15:04:05")
	}
	return at.Format("15:04")
}

// window returns the window that contains at; ok is false when none does.
func (s *Schedule) window(at time.Time) (start, end time.Time, ok bool) {
	length := time.Duration(s.End - s.Start)
	if length <= 0 {
		length += 24 * time.Hour // over midnight, or the whole day
	}
	midnight := at.UTC().Truncate(24 * time.Hour)
	for _, day := range []time.Time{midnight, midnight.Add(-24 * time.Hour)} {
		start, end = day.Add(time.Duration(s.Start)), day.Add(time.Duration(s.Start)+length)
		if !at.Before(start) && at.Before(end) {
			return start, end, true
		}
	}
	return time.Time{}, time.Time{}, false
}

// Due reports whether a run should start now: at most one in each window, and one
// every Period days unless the last run is unfinished. The timeout is the rest of
// the window; 0 when there is no window.
func (s *Schedule) Due(now time.Time, unfinished bool) (timeout time.Duration, due bool) {
	start, end, ok := s.window(now)
	if !s.Enabled || !ok {
		return 0, false
	}
	last, _, ran := s.window(s.LastRun)
	period := time.Duration(max(s.Period, 1)) * 24 * time.Hour
	if unfinished {
		period = 24 * time.Hour
	}
	if !s.LastRun.IsZero() && ran && start.Sub(last) < period {
		return 0, false
	}
	if !s.LastRun.IsZero() && !ran && now.Sub(s.LastRun) < period { // the window was moved since
		return 0, false
	}
	if s.Start == s.End {
		return 0, true
	}
	return end.Sub(now), true
}
