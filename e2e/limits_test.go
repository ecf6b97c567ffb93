package e2e

import (
	"testing"
	"time"

	"github.com/landwaiter/landwaiter/tcss"
)

// The tests of stop and timeout have slowImages images, of which slowDone scans
// can end.
const slowImages, slowDone = 24, 5

// serveSlow starts a server with a source of which only slowDone images can be
// scanned.
func serveSlow(t *testing.T) session {
	t.Helper()
	s := newStore(t)
	g := newGate(t, herd(slowImages), slowDone)
	s.do(t, "source", "add", "slow", "--type", "registry", "--url", g.addr)
	s.do(t, "source", "sync", "slow")
	srv := serve(t, s)
	return session{goClient{}, srv.url, s.newKey(t)}
}

// TestStop checks that a stop ends a task with scans that would not end, and that
// finished scans are kept.
func TestStop(t *testing.T) {
	var all []string
	for _, im := range herd(slowImages) {
		all = append(all, im.ID())
	}
	for name, what := range map[string]params{
		"task":    nil,
		"images":  {"Images": all},
		"filters": {"Filters": []params{{"Name": "ImageName", "Values": []string{"slow/"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveSlow(t)
			task := create(t, s, params{"All": true})
			waitFor(t, taskEnd, func() (uint64, bool) {
				n := status(t, s, task).ImageScanCnt
				return n, n == slowDone
			})
			result := "Success" // of what was left of the task
			if what == nil {
				what, result = params{"TaskID": task}, "Cancel"
			}
			ask[tcss.ModifyAssetImageScanStopResponse](t, s, "ModifyAssetImageScanStop", what)
			waitFor(t, 30*time.Second, func() (string, bool) {
				st := status(t, s, task).Status
				return st, st == "END"
			})
			checkEnd(t, s, task, result, "CANCELED")
		})
	}
}

// TestTimeout checks that a task ends at its timeout, and that finished scans are
// kept.
func TestTimeout(t *testing.T) {
	t.Parallel()
	s := serveSlow(t)
	task := create(t, s, params{"All": true, "Timeout": 5})
	follow(t, s, task)
	checkEnd(t, s, task, "Timeout", "SCAN_TIMEOUT")
}

func status(t testing.TB, s session, task string) tcss.DescribeAssetImageScanStatusResponse {
	t.Helper()
	return ask[tcss.DescribeAssetImageScanStatusResponse](t, s, "DescribeAssetImageScanStatus", params{"TaskID": task})
}

// checkEnd checks a task that was stopped or timed out: slowDone images are
// scanned and have findings; the others are not, and have a reason.
func checkEnd(t *testing.T, s session, task, result, state string) {
	t.Helper()
	checkLast(t, s, task, result)
	st := status(t, s, task)
	if st.ImageTotal != slowImages || st.ImageScanCnt != slowImages || st.SuccessCount+st.RiskCount != slowDone ||
		st.LeftSeconds != 0 {
		t.Errorf("status %+v", st)
	}
	list := ask[tcss.DescribeAssetImageListResponse](t, s, "DescribeAssetImageList", params{"Limit": 100}).List
	states := map[string]int{}
	for _, im := range list {
		states[im.ScanStatus]++
		if done := im.ScanStatus == "SCANNED"; done != (im.ComponentCnt == 2) || done == (im.ScanError != "") {
			t.Errorf("%s is %s with %d components and the error %q", im.ImageName, im.ScanStatus, im.ComponentCnt,
				im.ScanError)
		}
	}
	if len(list) != slowImages || states["SCANNED"] != slowDone || states[state] != slowImages-slowDone {
		t.Errorf("%d images in the states %v", len(list), states)
	}
}
