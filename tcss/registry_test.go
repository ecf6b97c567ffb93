package tcss

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/cloudapi"
	"github.com/landwaiter/landwaiter/scan"
	"github.com/landwaiter/landwaiter/source/registry"
	"github.com/landwaiter/landwaiter/store"
)

// registryFleet is the API over the fleet of docs/selection.md, whose images a
// to d are in registries: "hub" has shop/web:1 (a), shop/web:2 (b) and solo:1
// (c), "mirror" has shop/web:1 (a) and old/app:1 (d, not authorized).
type registryFleet struct {
	selectionFleet
	t       *testing.T
	client  *cloudapi.Client
	surface *surface
	ids     map[string]uint64 // "hub/shop/web:1"
	hub     int64
}

func newRegistryFleet(t *testing.T) *registryFleet {
	s := newSelectionFleet(t)
	f := &registryFleet{
		selectionFleet: s, t: t, client: serve(t, New(s.Service)), surface: readSurface(t), ids: map[string]uint64{},
	}
	f.hub = f.add("hub", "harbor")
	f.add("mirror", "quay")
	for _, p := range []struct{ source, locator, letter string }{
		{"hub", "hub.example.com/shop/web:1", "a"}, {"hub", "hub.example.com/shop/web:2", "b"},
		{"hub", "hub.example.com/solo:1", "c"},
		{"mirror", "mirror.example.com/shop/web:1", "a"}, {"mirror", "mirror.example.com/old/app:1", "d"},
	} {
		img := landwaiter.Image{
			ID: imageID(p.letter), ManifestDigest: imageID("m" + p.letter), Created: time.Unix(int64(p.letter[0]), 0),
			Names: []string{p.locator},
		}
		if err := s.Store.Images().Put(t.Context(), img, store.Place{Source: p.source, Locator: p.locator}); err != nil {
			t.Fatal(err)
		}
	}
	for _, img := range f.list(DescribeAssetImageRegistryListRequest{}).List {
		f.ids[strings.TrimSuffix(img.InstanceName+"/"+img.Namespace, "/")+"/"+img.ImageName+":"+img.ImageTag] = img.Id
	}
	return f
}

// call calls an action through the server and checks the shape of its answer.
func call[Resp any](f *registryFleet, action string, req any) (resp Resp, err error) {
	f.t.Helper()
	var raw json.RawMessage
	if err := f.client.Call(f.t.Context(), action, req, &raw); err != nil {
		return resp, err
	}
	for _, problem := range f.surface.problems(action, raw) {
		f.t.Error(problem)
	}
	return resp, json.Unmarshal(raw, &resp)
}

func must[Resp any](f *registryFleet, action string, req any) Resp {
	f.t.Helper()
	resp, err := call[Resp](f, action, req)
	if err != nil {
		f.t.Fatalf("%s: %v", action, err)
	}
	return resp
}

// refused wants the code in answer to a request.
func (f *registryFleet) refused(code, action string, req any) {
	f.t.Helper()
	if _, err := call[struct{}](f, action, req); codeOf(err) != code {
		f.t.Errorf("%s %+v: %v, want %s", action, req, err, code)
	}
}

func (f *registryFleet) add(name, kind string) int64 {
	f.t.Helper()
	resp := must[AddAssetImageRegistryRegistryDetailResponse](f, "AddAssetImageRegistryRegistryDetail",
		AddAssetImageRegistryRegistryDetailRequest{
			Name: name, Username: "ci", Password: "hunter2", Url: "https://" + name + ".example.com", RegistryType: kind,
			NetType: "public",
		})
	if resp.RegistryId == 0 || resp.NameRepeatErr != "" {
		f.t.Fatalf("%+v", resp)
	}
	return resp.RegistryId
}

func (f *registryFleet) list(req DescribeAssetImageRegistryListRequest) DescribeAssetImageRegistryListResponse {
	f.t.Helper()
	return must[DescribeAssetImageRegistryListResponse](f, "DescribeAssetImageRegistryList", req)
}

// config is how the registry with a number is reached.
func (f *registryFleet) config(number int64) registry.Config {
	f.t.Helper()
	r, err := f.Store.Registries().Get(f.t.Context(), number)
	if err != nil {
		f.t.Fatal(err)
	}
	cfg, _, err := registryOf(r)
	if err != nil {
		f.t.Fatal(err)
	}
	return cfg
}

func TestRegistryKeepsWhatItIsTold(t *testing.T) {
	f := newRegistryFleet(t)
	add := AddAssetImageRegistryRegistryDetailRequest{
		Name: "full", Username: "ci", Password: "s3cret", Url: "https://full.example.com:5000", RegistryType: "other-tcr",
		NetType: "private", RegistryVersion: "2.10", RegistryRegion: "eu", SpeedLimit: 100, Insecure: 1,
		ConnDetectConfig: []ConnDetectConfig{{Quuid: "q", Uuid: "u"}}, NeedScan: true, SyncMode: 1,
		WebhookUrl: "https://hook.example.com", WebhookToken: "t0ken", InstanceId: "tcr-1",
	}
	number := must[AddAssetImageRegistryRegistryDetailResponse](f, "AddAssetImageRegistryRegistryDetail", add).RegistryId
	detail := func() DescribeAssetImageRegistryRegistryDetailResponse {
		t.Helper()
		return must[DescribeAssetImageRegistryRegistryDetailResponse](f, "DescribeAssetImageRegistryRegistryDetail",
			DescribeAssetImageRegistryRegistryDetailRequest{RegistryId: number})
	}
	want := DescribeAssetImageRegistryRegistryDetailResponse{
		Name: "full", Username: "ci", Password: "", Url: add.Url, RegistryType: "other-tcr", RegistryVersion: "2.10",
		NetType: "private", RegistryRegion: "eu", SpeedLimit: 100, Insecure: 1,
		ConnDetectDetail: []RegistryConnDetectResult{{Quuid: "q", Uuid: "u", ConnDetectStatus: "doing"}},
		InstanceID:       "tcr-1", SyncMode: 1, NeedScan: true, WebhookUrl: add.WebhookUrl,
	}
	if diff := cmp.Diff(want, detail()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if cfg := f.config(number); cfg.Password != "s3cret" || !cfg.PlainHTTP {
		t.Errorf("configuration: %+v", cfg)
	}

	update := UpdateAssetImageRegistryRegistryDetailRequest{
		Name: "renamed", Username: "ci", Password: "", Url: add.Url, RegistryType: "harbor", NetType: "public",
		RegistryId: &number,
	}
	must[UpdateAssetImageRegistryRegistryDetailResponse](f, "UpdateAssetImageRegistryRegistryDetail", update)
	want.Name, want.RegistryType, want.NetType = "renamed", "harbor", "public"
	if diff := cmp.Diff(want, detail()); diff != "" {
		t.Errorf("what was not sent is to stay; -want +got:\n%s", diff)
	}
	if cfg := f.config(number); cfg.Password != "s3cret" {
		t.Error("an empty password has replaced the one there was")
	}
	update.Url = "https://thief.example.com" // must not get the password
	f.refused(cloudapi.InvalidParameter, "UpdateAssetImageRegistryRegistryDetail", update)
	update.Password = "other"
	must[UpdateAssetImageRegistryRegistryDetailResponse](f, "UpdateAssetImageRegistryRegistryDetail", update)
	if cfg := f.config(number); cfg.Password != "other" || cfg.URL != update.Url {
		t.Errorf("configuration: %+v", cfg)
	}
	update.Username, update.Password = "", ""
	must[UpdateAssetImageRegistryRegistryDetailResponse](f, "UpdateAssetImageRegistryRegistryDetail", update)
	if cfg := f.config(number); cfg.Username+cfg.Password != "" {
		t.Errorf("without a user there is no password: %+v", cfg)
	}
	update.Name = "hub"
	if resp := must[UpdateAssetImageRegistryRegistryDetailResponse](f, "UpdateAssetImageRegistryRegistryDetail",
		update); resp.NameRepeatErr == "" {
		t.Error("two registries have one name")
	}
	must[RemoveAssetImageRegistryRegistryDetailResponse](f, "RemoveAssetImageRegistryRegistryDetail",
		RemoveAssetImageRegistryRegistryDetailRequest{RegistryId: number})
	f.refused(cloudapi.ResourceNotFound, "RemoveAssetImageRegistryRegistryDetail",
		RemoveAssetImageRegistryRegistryDetailRequest{RegistryId: number + 9})
	f.refused(cloudapi.ResourceNotFound, "DescribeAssetImageRegistryRegistryDetail",
		DescribeAssetImageRegistryRegistryDetailRequest{RegistryId: number})
	update.Name = "gone"
	f.refused(cloudapi.ResourceNotFound, "UpdateAssetImageRegistryRegistryDetail", update)
	update.RegistryId = nil
	f.refused(cloudapi.InvalidParameter, "UpdateAssetImageRegistryRegistryDetail", update)
}

func TestRegistryParametersAreChecked(t *testing.T) {
	f := newRegistryFleet(t)
	good := AddAssetImageRegistryRegistryDetailRequest{
		Name: "x", Url: "x.example.com", RegistryType: "harbor", NetType: "public",
	}
	for name, change := range map[string]func(*AddAssetImageRegistryRegistryDetailRequest){
		"name":       func(r *AddAssetImageRegistryRegistryDetailRequest) { r.Name = "" },
		"type":       func(r *AddAssetImageRegistryRegistryDetailRequest) { r.RegistryType = "ftp" },
		"url":        func(r *AddAssetImageRegistryRegistryDetailRequest) { r.Url = "https://x.example.com/v2/shop" },
		"plain HTTP": func(r *AddAssetImageRegistryRegistryDetailRequest) { r.Url = "http://x.example.com" },
		"insecure":   func(r *AddAssetImageRegistryRegistryDetailRequest) { r.Insecure = 2 },
		"mode":       func(r *AddAssetImageRegistryRegistryDetailRequest) { r.SyncMode = 2 },
		"speed":      func(r *AddAssetImageRegistryRegistryDetailRequest) { r.SpeedLimit = -1 },
	} {
		bad := good
		change(&bad)
		t.Log(name)
		f.refused(cloudapi.InvalidParameter, "AddAssetImageRegistryRegistryDetail", bad)
	}
	taken := good
	taken.Name = "hub"
	resp := must[AddAssetImageRegistryRegistryDetailResponse](f, "AddAssetImageRegistryRegistryDetail", taken)
	if resp.NameRepeatErr == "" || resp.RegistryId != 0 {
		t.Errorf("a second registry named hub: %+v", resp)
	}
	for name, want := range map[string]bool{"hub": true, "k8s": true, "x": false} {
		got := must[CheckRepeatAssetImageRegistryResponse](f, "CheckRepeatAssetImageRegistry",
			CheckRepeatAssetImageRegistryRequest{Name: name})
		if got.IsRepeat != want {
			t.Errorf("%s is taken: %v, want %v", name, got.IsRepeat, want)
		}
	}
}

func TestRegistrySync(t *testing.T) {
	f := newRegistryFleet(t)
	status := func() DescribeAssetImageRegistryAssetStatusResponse {
		t.Helper()
		return must[DescribeAssetImageRegistryAssetStatusResponse](f, "DescribeAssetImageRegistryAssetStatus",
			DescribeAssetImageRegistryAssetStatusRequest{})
	}
	// sync does what the server does with a source.
	sync := func(name string, failure error) {
		t.Helper()
		claim, err := f.Store.Sources().LeaseSync(t.Context(), name)
		if err == nil {
			err = f.Store.Sources().EndSync(t.Context(), claim, failure)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := status(); got.Status != "doing" {
		t.Errorf("before the first sync: %+v", got)
	}
	sync("hub", nil)
	sync("mirror", landwaiter.Errorf(landwaiter.Denied, "bad password"))
	got := status()
	if _, err := time.Parse(time.RFC3339, got.LatestSyncSuccessTime); got.Status != "failed" || !strings.Contains(got.Err,
		"mirror: ") || err != nil {
		t.Errorf("after one of two failed: %+v", got)
	}
	req := DescribeAssetImageRegistryRegistryListRequest{By: "Name", Order: "desc"}
	list := must[DescribeAssetImageRegistryRegistryListResponse](f, "DescribeAssetImageRegistryRegistryList", req)
	if list.TotalCount != 2 || list.List[0].SyncStatus != "failed" || list.List[0].SyncFailReason == "" ||
		list.List[1].SyncStatus != "success" {
		t.Errorf("%+v", list)
	}
	must[SyncAssetImageRegistryAssetResponse](f, "SyncAssetImageRegistryAsset", SyncAssetImageRegistryAssetRequest{
		RegistryIds: []uint64{list.List[0].RegistryId},
	})
	if got := status(); got.Status != "doing" {
		t.Errorf("after a request: %+v", got)
	}
	sync("mirror", nil)
	if got := status(); got.Status != "success" || got.Err != "" {
		t.Errorf("after all were read: %+v", got)
	}
	must[SyncAssetImageRegistryAssetResponse](f, "SyncAssetImageRegistryAsset", SyncAssetImageRegistryAssetRequest{
		All: true,
	})
	if src, err := f.Store.Sources().Get(t.Context(), "k8s"); err != nil || !src.Requested.IsZero() {
		t.Errorf("a source that is no registry: %+v, %v", src, err)
	}
	f.refused(cloudapi.ResourceNotFound, "SyncAssetImageRegistryAsset", SyncAssetImageRegistryAssetRequest{
		RegistryIds: []uint64{1 << 63},
	})
	f.refused(cloudapi.InvalidParameter, "SyncAssetImageRegistryAsset", SyncAssetImageRegistryAssetRequest{})
}

func TestRegistryImages(t *testing.T) {
	f := newRegistryFleet(t)
	filter := func(name string, values ...string) []AssetFilters {
		return []AssetFilters{{Name: name, Values: values, ExactMatch: true}}
	}
	yes := true
	for name, tt := range map[string]struct {
		req  DescribeAssetImageRegistryListRequest
		want uint64
	}{
		"all":        {DescribeAssetImageRegistryListRequest{}, 5},
		"latest":     {DescribeAssetImageRegistryListRequest{OnlyShowLatest: true}, 4},
		"running":    {DescribeAssetImageRegistryListRequest{IsRunning: &yes}, 3}, // a twice, d
		"name":       {DescribeAssetImageRegistryListRequest{Filters: filter("ImageName", "web")}, 3},
		"tag":        {DescribeAssetImageRegistryListRequest{Filters: filter("ImageTag", "2")}, 1},
		"namespace":  {DescribeAssetImageRegistryListRequest{Filters: filter("Namespace", "old", "shop")}, 4},
		"registry":   {DescribeAssetImageRegistryListRequest{Filters: filter("RegistryName", "mirror")}, 2},
		"type":       {DescribeAssetImageRegistryListRequest{Filters: filter("RegistryType", "harbor")}, 3},
		"authorized": {DescribeAssetImageRegistryListRequest{Filters: filter("IsAuthorized", "0")}, 1},
		"state":      {DescribeAssetImageRegistryListRequest{Filters: filter("ScanStatus", "notScan")}, 1},
	} {
		if got := f.list(tt.req); got.TotalCount != tt.want || uint64(len(got.List)) != tt.want {
			t.Errorf("%s: %d images, want %d", name, got.TotalCount, tt.want)
		}
	}
	f.refused(cloudapi.InvalidParameter, "DescribeAssetImageRegistryList", DescribeAssetImageRegistryListRequest{
		Filters: oneFilter("1=1", "x"),
	})

	d := must[DescribeAssetImageRegistryDetailResponse](f, "DescribeAssetImageRegistryDetail",
		DescribeAssetImageRegistryDetailRequest{Id: f.ids["mirror/old/app:1"]})
	want := []any{
		imageID("md"), "mirror.example.com/old/app", "quay", "app", "1", "mirror", "old", imageID("d"), uint64(0), "SCANNED",
		"NOT_SCAN",
	}
	if diff := cmp.Diff(want, []any{d.ImageDigest, d.ImageRepoAddress, d.RegistryType, d.ImageName, d.ImageTag,
		d.InstanceName, d.Namespace, d.ImageId, d.IsAuthorized, d.CveStatus, d.RiskStatus}); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := time.Parse(time.RFC3339, d.ScanTime); err != nil {
		t.Error(err)
	}
	byID := must[DescribeAssetImageRegistryDetailResponse](f, "DescribeAssetImageRegistryDetail",
		DescribeAssetImageRegistryDetailRequest{ImageId: imageID("c")})
	if byID.Id != f.ids["hub/solo:1"] {
		t.Errorf("by image ID: %+v", byID)
	}
	f.refused(cloudapi.ResourceNotFound, "DescribeAssetImageRegistryDetail", DescribeAssetImageRegistryDetailRequest{
		Id: 99,
	})
	f.refused(cloudapi.ResourceNotFound, "DescribeAssetImageRegistryDetail", DescribeAssetImageRegistryDetailRequest{
		ImageId: imageID("e"),
	})
	f.refused(cloudapi.InvalidParameter, "DescribeAssetImageRegistryDetail", DescribeAssetImageRegistryDetailRequest{})

	sum := must[DescribeAssetImageRegistrySummaryResponse](f, "DescribeAssetImageRegistrySummary",
		DescribeAssetImageRegistrySummaryRequest{})
	if sum.UnScannedImageCnt != 1 { // b
		t.Errorf("%+v", sum)
	}
	names := must[DescribeImageRegistryNamespaceListResponse](f, "DescribeImageRegistryNamespaceList",
		DescribeImageRegistryNamespaceListRequest{})
	wantNames := DescribeImageRegistryNamespaceListResponse{TotalCount: 2, NamespaceList: []string{"old", "shop"},
		NamespaceDetail: []NamespaceInfo{
			{Namespace: "old", RegistryCnt: 1, ImageCnt: 1}, {Namespace: "shop", RegistryCnt: 2, ImageCnt: 3},
		}}
	if diff := cmp.Diff(wantNames, names); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRegistryFindings(t *testing.T) {
	f := newRegistryFleet(t)
	img, err := f.Store.Images().Get(t.Context(), imageID("c"))
	if err != nil {
		t.Fatal(err)
	}
	layer := imageID("layer")
	img.ID, img.Layers = imageID("x"), []landwaiter.LayerRef{{DiffID: layer}}
	img.Config.History = []landwaiter.History{{CreatedBy: "ENV A=b", EmptyLayer: true}, {CreatedBy: "COPY app"}}
	img.Names = []string{"hub.example.com/solo:2"}
	if err := f.Store.Images().Put(t.Context(), img,
		store.Place{Source: "hub", Locator: "hub.example.com/solo:2"}); err != nil {
		t.Fatal(err)
	}
	rep := &landwaiter.Report{
		Image: img, Kinds: landwaiter.ScanAll,
		Packages: []landwaiter.ImagePackage{
			{
				Package: landwaiter.Package{Type: "npm", Ecosystem: "npm", Name: "left", Version: "1.0.0", Path: "app/p"},
				Layer:   layer,
			},
		},
		Malware: []landwaiter.Malware{
			{
				Path: "bin/x.sh", Name: "Bad.Thing", Engine: "hash", Severity: landwaiter.High, MD5: "d41d", Size: 7, Layer: layer,
				State: landwaiter.Present,
			},
		},
		Risks: []landwaiter.Risk{{Rule: "root-user", Severity: landwaiter.Medium, Message: "runs as root"}},
	}
	if err := f.Store.Reports().Commit(t.Context(), rep, scan.Matcher, nil); err != nil {
		t.Fatal(err)
	}
	info := ImageInfo{InstanceName: "hub", ImageName: "solo", ImageTag: "2", Force: "false"}
	id := must[DescribeAssetImageRegistryDetailResponse](f, "DescribeAssetImageRegistryDetail",
		DescribeAssetImageRegistryDetailRequest{ImageId: img.ID}).Id

	for _, req := range []DescribeAssetImageRegistryVulListRequest{{Id: id}, {ImageInfo: info},
		{Id: id, Filters: []AssetFilters{{Name: "Level", Values: []string{"CRITICAL"}}}}} {
		vulns := must[DescribeAssetImageRegistryVulListResponse](f, "DescribeAssetImageRegistryVulList", wireRequest(req))
		if vulns.TotalCount != 1 {
			t.Fatalf("%+v: %+v", req, vulns)
		}
		v := vulns.List[0]
		want := ImageVul{
			CVEID: "GHSA-1", POCID: "GHSA-1", Level: "CRITICAL", IsSuggest: "true", FixedVersions: "2.0.0", Component: "left",
			Version: "1.0.0",
			Components: []ComponentsInfo{
				{Component: "left", Version: "1.0.0", FixedVersion: "2.0.0", Path: "/app/p", Type: "WEB", Name: "left"},
			},
			LayerInfos: []ImageVulLayerInfo{{LayerId: layer, LayerCmd: "COPY app"}},
		}
		got := ImageVul{
			CVEID: v.CVEID, POCID: v.POCID, Level: v.Level, IsSuggest: v.IsSuggest, FixedVersions: v.FixedVersions,
			Component: v.Component, Version: v.Version, Components: v.Components, LayerInfos: v.LayerInfos,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	viruses := must[DescribeAssetImageRegistryVirusListResponse](f, "DescribeAssetImageRegistryVirusList",
		wireRequest(DescribeAssetImageRegistryVirusListRequest{
			ImageInfo: info, Filters: []AssetFilters{{Name: "Level", Values: []string{"HIGH"}}},
		}))
	if viruses.TotalCount != 1 || viruses.List[0].RiskLevel != "HIGH" || viruses.List[0].Path != "/bin/x.sh" ||
		viruses.List[0].FileType != "sh" || viruses.List[0].FileSize != 7 {
		t.Errorf("%+v", viruses)
	}
	risks := must[DescribeAssetImageRegistryRiskInfoListResponse](f, "DescribeAssetImageRegistryRiskInfoList",
		wireRequest(DescribeAssetImageRegistryRiskInfoListRequest{
			Id: id, By: "Level", Order: "-", Filters: []AssetFilters{{Name: "Name", Values: []string{"ROOT"}}},
		}))
	if risks.TotalCount != 1 || risks.List[0].Level != "MEDIUM" || risks.List[0].Behavior != 1 {
		t.Errorf("%+v", risks)
	}
	info.ImageTag = "3"
	for _, action := range []string{"DescribeAssetImageRegistryVulList", "DescribeAssetImageRegistryVirusList",
		"DescribeAssetImageRegistryRiskInfoList"} {
		f.refused(cloudapi.ResourceNotFound, action, map[string]any{"Id": 99})
		f.refused(cloudapi.ResourceNotFound, action, map[string]any{"ImageInfo": info})
		f.refused(cloudapi.InvalidParameter, action, map[string]any{})
		f.refused(cloudapi.InvalidParameter, action, map[string]any{"Id": id, "Filters": oneFilter("1=1", "x")})
	}
}

// wireRequest is a request as clients send it: without an ImageInfo that is not
// set, whose own parameters are required.
func wireRequest(req any) map[string]any {
	b, _ := json.Marshal(req)
	var m map[string]any
	_ = json.Unmarshal(b, &m)
	if info, ok := m["ImageInfo"].(map[string]any); ok && info["InstanceName"] == "" {
		delete(m, "ImageInfo")
	}
	return m
}
