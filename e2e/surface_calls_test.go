package e2e

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	lwstore "github.com/landwaiter/landwaiter/store"
)

// surfaceFacts are the values that the requests in surfaceCalls need.
type surfaceFacts struct {
	images   [4]string // of the fleet
	task     string    // a scan that has ended
	today    string
	log      int64 // an authorization task
	refresh  uint64
	address  string           // of a registry that has the fleet
	registry int64            // one that was added
	numbers  map[string]int64 // of the registry images, by image
	place    params           // of one of them, as an ImageInfo
	scan     uint64           // of registry images
}

func (f *surfaceFacts) web() string { return f.images[fleetWeb] }

// note takes the values that later requests need from an answer. The caller
// checks the form of the answer.
func (f *surfaceFacts) note(action string, raw json.RawMessage) {
	var answer struct {
		TaskID     json.RawMessage
		RegistryId int64
		List       []struct {
			TaskId                                       int64
			Id                                           int64
			ImageId                                      string
			InstanceName, Namespace, ImageName, ImageTag string
		}
	}
	_ = json.Unmarshal(raw, &answer)
	switch action {
	case "CreateRefreshTask":
		var task struct{ TaskId uint64 }
		_ = json.Unmarshal(raw, &task)
		f.refresh = task.TaskId
	case "DescribeImageAutoAuthorizedTaskList":
		for _, row := range answer.List {
			f.log = row.TaskId
		}
	case "AddAssetImageRegistryRegistryDetail":
		f.registry = answer.RegistryId
	case "DescribeAssetImageRegistryList":
		f.numbers = map[string]int64{}
		for _, row := range answer.List {
			f.numbers[row.ImageId] = row.Id
			f.place = params{
				"InstanceName": row.InstanceName, "Namespace": row.Namespace, "ImageName": row.ImageName,
				"ImageTag": row.ImageTag,
				"Force":    "", "ImageDigest": "", "RegistryType": "", "ImageRepoAddress": "", "InstanceId": "",
			}
		}
	case "CreateAssetImageRegistryScanTask":
		_ = json.Unmarshal(answer.TaskID, &f.scan)
	}
}

// surfaceCall is an action with the smallest valid request.
type surfaceCall struct {
	action string
	params func(*surfaceFacts) params
}

func nothing(*surfaceFacts) params { return params{} }

func ofImage(f *surfaceFacts) params { return params{"ImageID": f.web()} }

func ofNumber(f *surfaceFacts) params { return params{"Id": f.numbers[f.web()]} }

func ofRegistry(f *surfaceFacts) params { return params{"RegistryId": f.registry} }

// surfaceCalls has all implemented actions, ordered so that later ones have
// something to return.
var surfaceCalls = []surfaceCall{
	{"CreateAssetImageScanTask", func(f *surfaceFacts) params {
		return params{"ScanRisk": true, "Images": []string{f.images[fleetClean]}}
	}},
	{"DescribeAssetImageScanTask", nothing},
	{"DescribeAssetImageScanStatus", func(f *surfaceFacts) params { return params{"TaskID": f.task} }},
	{"ModifyAssetImageScanStop", func(f *surfaceFacts) params { return params{"TaskID": f.task} }},
	{"DescribeAssetImageList", nothing},
	{"DescribeAssetImageSimpleList", nothing},
	{"DescribeImageSimpleList", nothing},
	{"DescribeAssetImageDetail", ofImage},
	{"DescribeAssetImageVulList", ofImage},
	{"DescribeAssetImageVirusList", ofImage},
	{"DescribeAssetImageRiskList", ofImage},
	{"DescribeImageComponentList", ofImage},
	{"DescribeImageRiskSummary", nothing},
	{"DescribeImageRiskTendency",
		func(f *surfaceFacts) params { return params{"StartTime": f.today, "EndTime": f.today} }},

	{"ModifyImageAuthorized", func(f *surfaceFacts) params {
		return params{
			"AllLocalImages": false, "AllRegistryImages": false, "UpdatedLocalImageCnt": 1,
			"UpdatedRegistryImageCnt": 0,
			"ImageSourceType":         "LOCAL", "LocalImageIds": []string{f.web()},
		}
	}},
	{"RenewImageAuthorizeState",
		func(f *surfaceFacts) params { return params{"AllImages": false, "ImageIds": []string{f.web()}} }},
	{"DescribeImageAuthorizedInfo", nothing},
	{"DescribePurchaseStateInfo", nothing},
	{"AddEditImageAutoAuthorizedRule", func(*surfaceFacts) params {
		return params{"RangeType": "MANUAL", "MaxDailyCount": 1, "IsEnabled": 1, "RuleId": 1,
			"HostIdSet": []string{"h1"}, "ScanType": []string{"CVE"}}
	}},
	{"SwitchImageAutoAuthorizedRule", func(*surfaceFacts) params { return params{"RuleId": 1, "IsEnabled": 0} }},
	{"DescribeImageAutoAuthorizedRule", nothing},
	{"DescribeImageAutoAuthorizedTaskList",
		func(f *surfaceFacts) params { return params{"StartTime": f.today, "EndTime": f.today} }},
	{"DescribeImageAutoAuthorizedLogList", func(f *surfaceFacts) params { return params{"TaskId": f.log} }},
	{"DescribeAssetImageBindRuleInfo", nothing},

	{"CreateAssetImageScanSetting", func(*surfaceFacts) params {
		return params{"Enable": false, "ScanTime": "01:00", "ScanPeriod": 1, "ScanVirus": true, "ScanRisk": true,
			"ScanVul": true, "All": true}
	}},
	{"DescribeAssetImageScanSetting", nothing},

	{"ModifyAsset", func(*surfaceFacts) params { return params{"All": true} }},
	{"DescribeAssetSyncLastTime", nothing},
	{"CreateRefreshTask", nothing},
	{"DescribeRefreshTask", func(f *surfaceFacts) params { return params{"TaskId": f.refresh} }},
	{"DescribeAssetSummary", nothing},
	{"DescribeAssetHostList", nothing},
	{"DescribeAssetContainerList", nothing},
	{"DescribeAssetClusterList", nothing},
	{"DescribeAssetImageHostList", nothing},

	{"AddAssetImageRegistryRegistryDetail", func(f *surfaceFacts) params {
		return params{"Name": "spare", "Username": "u", "Password": "p", "Url": f.address, "RegistryType": "harbor",
			"NetType": "public", "Insecure": 1}
	}},
	{"CheckRepeatAssetImageRegistry", func(*surfaceFacts) params { return params{"Name": "spare"} }},
	{"UpdateAssetImageRegistryRegistryDetail", func(f *surfaceFacts) params {
		return params{
			"RegistryId": f.registry, "Name": "spare", "Username": "", "Password": "", "Url": f.address,
			"RegistryType": "quay", "NetType": "public",
			"ConnDetectConfig": []params{{"Quuid": "q", "Uuid": "h1"}},
		}
	}},
	{"DescribeAssetImageRegistryRegistryList", nothing},
	{"DescribeAssetImageRegistryRegistryDetail", ofRegistry},
	{"RemoveAssetImageRegistryRegistryDetail", ofRegistry},
	{"SyncAssetImageRegistryAsset", func(*surfaceFacts) params { return params{"All": true} }},
	{"DescribeAssetImageRegistryAssetStatus", nothing},
	{"DescribeAssetImageRegistryList", nothing},
	{"DescribeAssetImageRegistryDetail", ofNumber},
	{"DescribeAssetImageRegistrySummary", nothing},
	{"DescribeAssetImageRegistryVulList", ofNumber},
	{"DescribeAssetImageRegistryVirusList", ofNumber},
	{"DescribeAssetImageRegistryRiskInfoList", ofNumber},
	{"DescribeImageRegistryNamespaceList", nothing},
	{"CreateAssetImageRegistryScanTask",
		func(f *surfaceFacts) params { return params{"Id": []int64{f.numbers[f.web()]}} }},
	{"CreateAssetImageRegistryScanTaskOneKey", func(f *surfaceFacts) params {
		return params{"ScanScope": 1, "Id": []int64{f.numbers[f.images[fleetBase]]}}
	}},
	{"DescribeAssetImageRegistryScanStatusOneKey",
		func(f *surfaceFacts) params { return params{"TaskID": f.scan, "All": true} }},
	{"ModifyAssetImageRegistryScanStop", func(f *surfaceFacts) params { return params{"TaskID": f.scan} }},
	{"ModifyAssetImageRegistryScanStopOneKey", func(*surfaceFacts) params { return params{"All": true} }},
	{"UpdateImageRegistryTimingScanTask", func(f *surfaceFacts) params {
		return params{
			"Enable": false, "ScanPeriod": 1, "ScanTime": "01:00", "ScanType": []string{"CVE"},
			"Images": []params{f.place},
		}
	}},
	{"DescribeImageRegistryTimingScanTask", nothing},
}

// neverAnswered are the objects that no answer contains, because Landwaiter does
// not have this information.
var neverAnswered []string

// serveSurface serves the scanned fleet from archives and a registry, with a host,
// a cluster, a container and a day's automatic authorizations. The test writes
// these into the store, since there is no container engine.
func serveSurface(t *testing.T) (session, *surfaceFacts) {
	t.Helper()
	s := newFleetStore(t)
	f := &surfaceFacts{today: time.Now().UTC().Format(time.DateOnly), address: newGate(t, fleet(), len(fleet())).addr}
	for i, im := range fleet() {
		f.images[i] = im.ID()
	}
	s.do(t, "source", "add", "hub", "--type", "registry", "--url", f.address)
	s.do(t, "source", "sync", "hub")
	fillSurface(t, s, f.web())
	ses := session{goClient{}, serve(t, s).url, s.newKey(t)}
	f.task = create(t, ses, params{"Filters": []params{{"Name": "ImageName", "Values": []string{"fleet/"}}}})
	follow(t, ses, f.task)
	return ses, f
}

func fillSurface(t *testing.T, s store, image string) {
	t.Helper()
	st, err := lwstore.Open(t.Context(), lwstore.Options{Dir: s.dir})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	err = st.Runtimes().Put(t.Context(), "fleet", lwstore.Runtime{
		Hosts:    []lwstore.Host{{ID: "h1", Name: "node-1", OS: "Fleet Linux", ContainerEngine: "docker 28.2.2"}},
		Clusters: []lwstore.Cluster{{ID: "cls-1", Name: "shop", Version: "v1.30.1"}},
		Containers: []lwstore.Container{{ID: "c1", Name: "web", ImageID: image, HostID: "h1", ClusterID: "cls-1",
			State: "running", Created: time.Now()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Authorizations().AddRule(t.Context(), lwstore.AutoRule{Enabled: true, All: true}); err != nil {
		t.Fatal(err)
	}
	if err := st.Images().Put(t.Context(), landwaiter.Image{ID: herd(1)[0].ID()}, lwstore.Place{}); err != nil {
		t.Fatal(err)
	}
}
