package landwaiter

import (
	"strings"
	"time"
)

// ScanKind is a set of the things to look for.
type ScanKind uint8

// The kinds of scan.
const (
	ScanVul   ScanKind = 1 << iota // vulnerable packages
	ScanVirus                      // malware
	ScanRisk                       // secrets and dangerous configuration
	ScanAll   = ScanVul | ScanVirus | ScanRisk
)

// Has reports whether k includes all of other.
func (k ScanKind) Has(other ScanKind) bool { return k&other == other }

// String returns the kinds as "vul,virus,risk".
func (k ScanKind) String() string {
	var parts []string
	for _, n := range []struct {
		kind ScanKind
		name string
	}{{ScanVul, "vul"}, {ScanVirus, "virus"}, {ScanRisk, "risk"}} {
		if k.Has(n.kind) {
			parts = append(parts, n.name)
		}
	}
	return strings.Join(parts, ",")
}

// TaskStatus is the state of a task, in the words of the wire.
type TaskStatus string

// The task states. A task goes READY, SCANNING, END and never back.
const (
	TaskReady    TaskStatus = "READY"
	TaskScanning TaskStatus = "SCANNING"
	TaskEnd      TaskStatus = "END"
)

// TaskResult tells how a task ended. Empty until TaskEnd.
type TaskResult string

// The results.
const (
	TaskSuccess TaskResult = "Success"
	TaskTimeout TaskResult = "Timeout"
	TaskCancel  TaskResult = "Cancel"
	TaskError   TaskResult = "Error"
)

// DefaultTimeout is the life of a task whose request names none.
const DefaultTimeout = time.Hour

// Selection says which images a task scans: those of Images, else of Filters,
// else all, narrowed by each of the conditions that follow. Only authorized
// images are ever scanned. docs/selection.md says what the combinations on the
// wire mean.
type Selection struct {
	All     bool     // every authorized image
	Images  []string // image IDs; wins over Filters and All when not empty
	Filters []Filter // conditions, ANDed

	Exclude     []string // image IDs left out of whichever set results
	Running     bool     // only images that have a running container
	Clusters    []string // only images that a container in one of these clusters has
	Recommended bool     // only images worth a scan now; see the Reason constants
	Analysers   string   // the analysers of today, for Recommended; see Report.Analysers

	Kinds     ScanKind
	Timeout   time.Duration // 0 means DefaultTimeout
	OneClick  bool          // at most one such task runs at a time
	Scheduled bool          // created by the periodic scan
}

// TaskClass says which tasks go first: while one of a lower class has images
// to scan, none of a higher class begins. Tasks of one class take turns.
type TaskClass int

// The classes.
const (
	ClassOneClick TaskClass = 1 + iota
	ClassPicked             // images named one by one: somebody waits for them
	ClassBroad              // all, or by conditions
	ClassSchedule
)

// Class returns the class of a task over the selection.
func (s Selection) Class() TaskClass {
	switch {
	case s.OneClick:
		return ClassOneClick
	case s.Scheduled:
		return ClassSchedule
	case len(s.Images) > 0:
		return ClassPicked
	}
	return ClassBroad
}

// The reasons why an image is recommended, the first that holds.
const (
	ReasonRunning      = "it has a running container"
	ReasonNeverScanned = "it was never scanned"
	ReasonAnalysers    = "its last scan was made with other analysers"
	ReasonAdvisories   = "its last scan is older than the newest advisories"
	ReasonFixable      = "it has a critical vulnerability that can be fixed"
)

// Plan is what a selection would cost, before anything is scanned.
type Plan struct {
	Images       int            // that would be scanned
	Unauthorized int            // selected, but not authorized
	Busy         int            // selected, but being scanned
	Unreachable  int            // of Images: no source holds them any more
	Layers       int            // distinct layers of Images
	KnownLayers  int            // of these, already analysed for all kinds
	Bytes        int64          // stored size of the layers that are not known
	Rate         int64          // bytes a second of one layer, as measured lately; 0 when nothing was
	Why          map[string]int // Recommended: images by reason
}

// FilterBy names a condition that a list of the store can be narrowed by.
// Package store has the constants, and says which list takes which.
type FilterBy string

// Filter is one condition on a list. Values are ORed; no values match
// everything.
type Filter struct {
	By     FilterBy
	Values []string
	Exact  bool // equality; false means a case-insensitive substring for free text
}

// Task is a scan over a frozen set of images.
type Task struct {
	ID       string
	Status   TaskStatus
	Result   TaskResult // "" until TaskEnd
	Kinds    ScanKind
	Class    TaskClass
	OneClick bool
	Timeout  time.Duration
	Created  time.Time
	Started  time.Time // zero until TaskScanning
	Ended    time.Time // zero until TaskEnd
	Stopped  bool      // a stop was asked for
}

// Deadline is when the task runs out of time; zero before it has started.
func (t Task) Deadline() time.Time {
	if t.Started.IsZero() {
		return time.Time{}
	}
	return t.Started.Add(t.Timeout)
}

// ScanState is the state of the scan of one image, in the words of the wire.
type ScanState string

// The image scan states.
const (
	ScanNone     ScanState = "NOT_SCAN"  // never asked for
	ScanWait     ScanState = "WAIT_SCAN" // in a task, not started
	ScanRunning  ScanState = "SCANNING"
	ScanDone     ScanState = "SCANNED"
	ScanErr      ScanState = "SCAN_ERR"
	ScanCanceled ScanState = "CANCELED"
	ScanTimeout  ScanState = "SCAN_TIMEOUT"
)

// scanTransitions is the one table of what may follow what. A running scan
// goes back to waiting when its worker died or a transient error leaves tries.
var scanTransitions = map[ScanState][]ScanState{
	ScanNone:    {ScanWait},
	ScanWait:    {ScanRunning, ScanCanceled, ScanTimeout},
	ScanRunning: {ScanWait, ScanDone, ScanErr, ScanCanceled, ScanTimeout},
}

// Terminal reports whether the state is final.
func (s ScanState) Terminal() bool {
	return s != ScanNone && len(scanTransitions[s]) == 0
}

// CanBecome reports whether the table allows the step from s to next.
func (s ScanState) CanBecome(next ScanState) bool {
	for _, t := range scanTransitions[s] {
		if t == next {
			return true
		}
	}
	return false
}

// ImageScan is the scan of one image within a task.
type ImageScan struct {
	TaskID  string
	ImageID string
	State   ScanState
	Reason  string // why it ended as it did, and what to do; "" when fine
	Why     string // why the image was chosen, for a recommended selection
	Tries   int    // how often it was begun
	Retries int    // of these, how often a source failed it for a while
	Queued  bool   // its job is in the queue
	Stopped bool   // a stop was asked for
	Started time.Time
	Ended   time.Time
}

// Progress is a task's state counted from its rows.
type Progress struct {
	Task
	Total int // images in the task
	Done  int // image scans in a terminal state
	Safe  int // scanned wholly, nothing found
	Risky int // scanned, something found
	// Incomplete counts images that were scanned, but not wholly, with nothing
	// found: they may be at risk.
	Incomplete int
	Left       time.Duration // the estimated time to the end, see package task
}

// Percent returns Done/Total in 0..100; an empty task that ended is 100.
func (p Progress) Percent() int {
	if p.Total == 0 {
		if p.Status == TaskEnd {
			return 100
		}
		return 0
	}
	return p.Done * 100 / p.Total
}
