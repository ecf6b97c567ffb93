package main

import (
	"fmt"
	"io"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/report"
	"github.com/landwaiter/landwaiter/tcss"
)

func taskJSONOf(t tcss.TaskInfo) (taskJSON, error) {
	created, err := time.Parse(time.RFC3339, t.CreateTime)
	out := taskJSON{
		TaskID: t.TaskID, Status: landwaiter.TaskStatus(t.Status), Result: landwaiter.TaskResult(t.SubStatus),
		Total: int(t.ImageTotal), Done: int(t.ImageScanCnt), Safe: int(t.SuccessCount), Risky: int(t.RiskCount),
		Incomplete: int(t.IncompleteCount), Left: int(t.LeftSeconds), Created: &created, Worst: t.WorstSeverity,
	}
	for _, i := range t.Incomplete {
		out.Unread = append(out.Unread, noteJSON{i.ImageID, i.Reason})
	}
	switch {
	case t.ImageTotal > 0:
		out.Percent = int(t.ImageScanCnt * 100 / t.ImageTotal)
	case out.Status == landwaiter.TaskEnd:
		out.Percent = 100
	}
	return out, err
}

// maxUnread is how many images the table names that could not be looked at wholly.
const maxUnread = 5

func (t taskJSON) print(w io.Writer) {
	state := string(t.Status)
	if t.Result != "" {
		state += " " + string(t.Result)
	}
	fmt.Fprintf(w, "%s  %s  %d%%  %d of %d images, %d clean, %d at risk, %d incomplete\n", t.TaskID, state, t.Percent,
		t.Done, t.Total, t.Safe, t.Risky, t.Incomplete)
	for _, i := range t.Unread[:min(len(t.Unread), maxUnread)] {
		fmt.Fprintf(w, "  %s: not looked at wholly: %s\n", shortImage(i.ImageID), landwaiter.Printable(i.Reason))
	}
	if more := len(t.Unread) - maxUnread; more > 0 {
		fmt.Fprintf(w, "  and %s more; see 'landwaiter task show --output json'\n", report.Count(more, "image"))
	}
	if failed := t.failed(); t.Status == landwaiter.TaskEnd && failed > 0 {
		fmt.Fprintf(w, "%s failed; 'landwaiter image list --output json' has the reasons\n",
			report.Count(failed, "image scan"))
	}
}

// failed counts the image scans without a report.
func (t taskJSON) failed() int { return t.Done - t.Safe - t.Risky - t.Incomplete }

// taskVerdict is the exit code of a task that has ended. Image scans that failed
// are an error: nothing is known of their images.
func (f gateFlags) taskVerdict(e *environ, t taskJSON) error {
	threshold, ok := f.threshold()
	if !ok {
		return nil
	}
	worst, _ := landwaiter.ParseSeverity(t.Worst)
	switch {
	case t.Result != landwaiter.TaskSuccess || t.failed() > 0:
		return landwaiter.Errorf(landwaiter.Unavailable, "the task ended with %s, and %s failed", t.Result,
			report.Count(t.failed(), "image scan"))
	case worst >= threshold:
		return exitCode(exitFindings)
	case f.AllowIncomplete || len(t.Unread) == 0:
		return nil
	}
	return f.incomplete(e, "task "+t.TaskID, report.Count(len(t.Unread), "image")+" not looked at wholly")
}
