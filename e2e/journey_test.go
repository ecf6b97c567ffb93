package e2e

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/tcss"
)

// clients are the official clients with each form of request that they support.
func clients(t testing.TB) map[string]caller {
	n := startNode(t, environment())
	return map[string]caller{
		"go/tc3-post":           goClient{},
		"node-cn/tc3-post":      nodeClient{n, "cn", "", "POST", ""},
		"node-cn/tc3-get":       nodeClient{n, "cn", "", "GET", ""},
		"node-cn/tc3-multipart": nodeClient{n, "cn", "multipart", "POST", ""},
		"node-cn/v1-sha1":       nodeClient{n, "cn", "", "POST", "HmacSHA1"},
		"node-cn/v1-sha256":     nodeClient{n, "cn", "", "POST", "HmacSHA256"},
		"node-cn/v1-sha256-get": nodeClient{n, "cn", "", "GET", "HmacSHA256"},
		"node-intl/default":     nodeClient{n, "intl", "", "", ""},
		"node-intl/v1-sha1":     nodeClient{n, "intl", "", "POST", "HmacSHA1"},
		"node-intl/tc3-post":    nodeClient{n, "intl", "", "POST", "TC3-HMAC-SHA256"},
		"node-intl/tc3-get":     nodeClient{n, "intl", "", "GET", "TC3-HMAC-SHA256"},
	}
}

// TestOfficialClients uses each of the official clients to create, follow, list
// and stop tasks, and to cause each error.
func TestOfficialClients(t *testing.T) {
	s := newFleetStore(t)
	stuck := newGate(t, herd(1), 0)
	s.do(t, "source", "add", "stuck", "--type", "registry", "--url", stuck.addr)
	s.do(t, "source", "sync", "stuck")
	srv := serve(t, s)
	for name, c := range clients(t) {
		t.Run(name, func(t *testing.T) {
			ses := session{c, srv.url, s.newKey(t)}
			t.Run("journey", func(t *testing.T) { journey(t, ses) })
			t.Run("stop", func(t *testing.T) { stop(t, ses) })
			t.Run("errors", func(t *testing.T) { clientErrors(t, ses) })
			t.Run("rate", func(t *testing.T) { rateLimit(t, session{c, srv.url, s.newKey(t)}) })
		})
	}
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// ask calls an action and checks the answer against its declared types. The
// international SDK returns its own objects, in which fields that were not in the
// answer are null.
func ask[T any](t testing.TB, s session, action string, p params) T {
	t.Helper()
	var answer T
	raw := s.call(t, action, p, &answer)
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	var id string
	if json.Unmarshal(fields["RequestId"], &id); !uuid.MatchString(id) {
		t.Errorf("%s: RequestId is %s", action, fields["RequestId"])
	}
	delete(fields, "RequestId")
	if n, ok := s.caller.(nodeClient); ok && n.SDK == "intl" {
		if strings.Contains(string(raw), ":null") {
			t.Errorf("%s: a field that the SDK knows was not sent: %s", action, raw)
		}
		return answer
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	checkShape[T](t, action, raw)
	return answer
}

// pollEvery stays below the rate limit of 20 requests a second.
const pollEvery = 100 * time.Millisecond

// taskEnd is how long a task over a few small images may take on a busy machine.
const taskEnd = 60 * time.Second

// follow waits for the end of a task.
func follow(t testing.TB, s session, taskID string) tcss.DescribeAssetImageScanStatusResponse {
	t.Helper()
	return waitFor(t, taskEnd, func() (tcss.DescribeAssetImageScanStatusResponse, bool) {
		st := ask[tcss.DescribeAssetImageScanStatusResponse](t, s, "DescribeAssetImageScanStatus",
			params{"TaskID": taskID})
		return st, st.Status == "END"
	})
}

// waitFor polls until ask returns true.
func waitFor[T any](t testing.TB, limit time.Duration, ask func() (T, bool)) T {
	t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(pollEvery) {
		v, ok := ask()
		if ok {
			return v
		}
		if time.Now().After(deadline) {
			t.Fatalf("timeout after %v; last: %+v", limit, v)
		}
	}
}

// create starts a one-click task for all kinds.
func create(t testing.TB, s session, p params) string {
	t.Helper()
	all := params{"ScanVul": true, "ScanVirus": true, "ScanRisk": true, "IsOneClickScanningTask": true}
	for k, v := range p {
		all[k] = v
	}
	id := ask[tcss.CreateAssetImageScanTaskResponse](t, s, "CreateAssetImageScanTask", all).TaskID
	if id == "" {
		t.Fatal("empty TaskID")
	}
	return id
}

// checkLast checks the result of the last one-click task. The international SDK
// does not have these fields.
func checkLast(t testing.TB, s session, task, result string) {
	t.Helper()
	last := ask[tcss.DescribeAssetImageScanTaskResponse](t, s, "DescribeAssetImageScanTask", params{})
	if n, ok := s.caller.(nodeClient); ok && n.SDK == "intl" {
		last.Status, last.SubStatus = "END", result
	}
	if last.TaskID != task || last.Status != "END" || last.SubStatus != result {
		t.Errorf("last task %+v, want the end of %s with %s", last, task, result)
	}
}

func journey(t *testing.T, s session) {
	byName := params{"Filters": []params{{"Name": "ImageName", "Values": []string{"fleet/"}}}, "ScanScope": 1}
	task := create(t, s, byName)
	st := follow(t, s, task)
	if st.ImageTotal != 4 || st.ImageScanCnt != 4 || st.SuccessCount != 1 || st.RiskCount != 3 || st.Schedule != 100 ||
		st.LeftSeconds != 0 {
		t.Errorf("status %+v", st)
	}
	checkLast(t, s, task, "Success")
	delete(byName, "ScanScope")
	list := ask[tcss.DescribeAssetImageListResponse](t, s, "DescribeAssetImageList", byName)
	if list.TotalCount != 4 || len(list.List) != 4 {
		t.Errorf("%d of %d images", len(list.List), list.TotalCount)
	}
	for i, im := range fleet() {
		k := slices.IndexFunc(list.List, func(got tcss.ImagesInfo) bool { return got.ImageID == im.ID() })
		if k < 0 {
			t.Errorf("no image %s in the list", im.Names[0])
			continue
		}
		checkImage(t, s, list.List[k], fleetFacts[i])
	}
	simpleLists(t, s, byName)
}

// simpleLists checks the two short lists, and a page with one image.
func simpleLists(t *testing.T, s session, byName params) {
	t.Helper()
	var want []string
	for _, im := range fleet() {
		want = append(want, im.ID()+" "+im.Names[0])
	}
	slices.Sort(want)
	var got []string
	for _, im := range ask[tcss.DescribeAssetImageSimpleListResponse](t, s, "DescribeAssetImageSimpleList",
		byName).List {
		got = append(got, im.ImageID+" "+im.ImageName)
	}
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("DescribeAssetImageSimpleList -want +got:\n%s", d)
	}
	got = nil
	for _, im := range ask[tcss.DescribeImageSimpleListResponse](t, s, "DescribeImageSimpleList", byName).ImageList {
		got = append(got, im.ImageID+" "+im.ImageName)
	}
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("DescribeImageSimpleList -want +got:\n%s", d)
	}
	page := params{"Filters": byName["Filters"], "Limit": 1, "Offset": 3}
	if l := ask[tcss.DescribeAssetImageSimpleListResponse](t, s, "DescribeAssetImageSimpleList",
		page); len(l.List) != 1 || l.TotalCount != 4 {
		t.Errorf("page of one: %+v", l)
	}
}

// stop stops a task whose only scan would never end.
func stop(t *testing.T, s session) {
	image := herd(1)[0].ID()
	task := create(t, s, params{"Images": []string{image}, "ScanScope": 1})
	waitFor(t, taskEnd, func() (tcss.DescribeAssetImageDetailResponse, bool) {
		d := ask[tcss.DescribeAssetImageDetailResponse](t, s, "DescribeAssetImageDetail", params{"ImageID": image})
		return d, d.ScanStatus == "SCANNING"
	})
	stopped := ask[tcss.ModifyAssetImageScanStopResponse](t, s, "ModifyAssetImageScanStop", params{"TaskID": task})
	if stopped.Status != "SUCCESS" {
		t.Errorf("stop %+v", stopped)
	}
	follow(t, s, task)
	checkLast(t, s, task, "Cancel")
}
