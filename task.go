package landwaiter

import (
	"strings"
	"time"
)

// ScanKind is a set of kinds of scan.
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

// TaskStatus is the state of a task. The values are those of the TCSS API.
type TaskStatus string

// The task states. A task goes READY, SCANNING, END and never back.
const (
	TaskReady    TaskStatus = "READY"
	TaskScanning TaskStatus = "SCANNING"
	TaskEnd      TaskStatus = "END"
)

// TaskResult says how a task ended. It is "" until TaskEnd.
type TaskResult string

// The results.
const (
	TaskSuccess TaskResult = "Success"
	TaskTimeout TaskResult = "Timeout"
	TaskCancel  TaskResult = "Cancel"
	TaskError   TaskResult = "Error"
)

// DefaultTimeout is the timeout of a task whose request names none.
const DefaultTimeout = time.Hour

// Selection says which images a task scans: those in Images, or if that is empty
// those that match Filters, or else all; the fields from Exclude to Recommended
// narrow them further. Only authorized images are scanned. docs/selection.md
// lists what the combinations of API parameters select.
type Selection struct {
	All     bool     // every authorized image
	Images  []string // image IDs; wins over Filters and All when not empty
	Filters []Filter // conditions, ANDed

	Exclude     []string // image IDs to leave out
	Running     bool     // only images that have a running container
	Clusters    []string // only images of containers in these clusters
	Recommended bool     // only images worth a scan now; see the Reason constants
	Analysers   string   // the current analysers, for Recommended; see Report.Analysers

	Kinds     ScanKind
	Timeout   time.Duration // 0 means DefaultTimeout
	OneClick  bool          // at most one such task runs at a time
	Scheduled bool          // created by the periodic scan
}

// TaskClass orders tasks: while a task of a lower class has images to scan, no
// image of a higher class starts. Tasks of one class take turns.
type TaskClass int

// The classes.
const (
	ClassOneClick TaskClass = 1 + iota
	ClassPicked             // images picked one by one: somebody is waiting for them
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

// The reasons why an image is recommended. The first that applies is given.
const (
	ReasonRunning      = "it has a running container"
	ReasonNeverScanned = "it was never scanned"
	ReasonAnalysers    = "its last scan was made with other analysers"
	ReasonAdvisories   = "its last scan is older than the newest advisories"
	ReasonFixable      = "it has a critical vulnerability that can be fixed"
)

// Plan is what a selection would cost, before anything is scanned.
type Plan struct {
	Images       int            // images that would be scanned
	Unauthorized int            // selected, but not authorized
	Busy         int            // selected, but being scanned
	Unreachable  int            // of Images: no source holds them any more
	Layers       int            // distinct layers of Images
	KnownLayers  int            // of these, already analysed for all kinds
	Bytes        int64          // stored size of the layers that are not known
	Rate         int64          // recent reading speed of one layer in bytes per second; 0 when not measured
	Why          map[string]int // Recommended: images by reason
}

// FilterBy names a condition for the lists of package store, which has the
// constants and documents which list supports which.
type FilterBy string

// Filter is one condition on a list. Values are ORed; a filter without values
// matches everything.
type Filter struct {
	By     FilterBy
	Values []string
	Exact  bool // compare for equality; otherwise free text matches by substring, ignoring case
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

// Deadline returns when the task times out; zero before it has started.
func (t Task) Deadline() time.Time {
	if t.Started.IsZero() {
		return time.Time{}
	}
	return t.Started.Add(t.Timeout)
}

// ScanState is the state of an image scan. The values are those of the TCSS API.
type ScanState string

// The image scan states.
const (
	ScanNone     ScanState = "NOT_SCAN"  // not in any task yet
	ScanWait     ScanState = "WAIT_SCAN" // in a task, not started
	ScanRunning  ScanState = "SCANNING"
	ScanDone     ScanState = "SCANNED"
	ScanErr      ScanState = "SCAN_ERR"
	ScanCanceled ScanState = "CANCELED"
	ScanTimeout  ScanState = "SCAN_TIMEOUT"
)

// scanTransitions lists the states that may follow each state. A running scan
// returns to waiting when its worker shuts down or its source is unavailable.
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
	Reason  string // why it ended like this, and what to do; "" when all went well
	Why     string // why the image was chosen, for a recommended selection
	Tries   int    // how often it was started
	Retries int    // how many of the tries ended because a source was unavailable
	Queued  bool   // its job is in the queue
	Stopped bool   // a stop was asked for
	Started time.Time
	Ended   time.Time
}

// Progress is a task with the counts of its image scans.
type Progress struct {
	Task
	Total int           // images in the task
	Done  int           // image scans in a terminal state
	Safe  int           // scanned, nothing found
	Risky int           // scanned, something found
	Left  time.Duration // estimated time to the end, see package task
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
