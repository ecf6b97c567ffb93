package tcss

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/cloudapi"
)

// serve runs an API for one key and returns a client for it.
func serve(t *testing.T, api *cloudapi.API) *cloudapi.Client {
	t.Helper()
	key := cloudapi.Key{ID: "AKIDTEST", Secret: "secret", Role: cloudapi.RoleAdmin}
	server := httptest.NewServer(cloudapi.NewServer(cloudapi.Config{
		API:  api,
		Keys: func(context.Context, string) (cloudapi.Key, error) { return key, nil },
		Rate: 1000,
	}))
	t.Cleanup(server.Close)
	return &cloudapi.Client{
		Endpoint: server.URL, Service: "tcss", Version: Version, SecretID: key.ID, SecretKey: key.Secret,
	}
}

func TestUnbuiltActions(t *testing.T) {
	client := serve(t, newAPI())
	for _, a := range Actions {
		err, ok := client.Call(t.Context(), a.Name, struct{}{}, nil).(*cloudapi.Error)
		if !ok || err.Code != cloudapi.UnsupportedOperation || !strings.Contains(err.Message, a.Name) {
			t.Errorf("%s: error %v", a.Name, err)
		}
	}
}

func TestRequestOverTheWire(t *testing.T) {
	limit := uint64(0)
	want := DescribeAssetImageVulListRequest{
		ImageID: "sha256:aaa", Limit: &limit,
		Filters: []AssetFilters{{Name: "Level", Values: []string{"HIGH"}, ExactMatch: true}},
	}
	var got DescribeAssetImageVulListRequest
	api := newAPI()
	cloudapi.Handle(api, "DescribeAssetImageVulList",
		func(_ context.Context, _ cloudapi.Caller, r *DescribeAssetImageVulListRequest) (*DescribeAssetImageVulListResponse,
			error) {
			got = *r
			return &DescribeAssetImageVulListResponse{List: []ImagesVul{{CVEID: "CVE-2026-1"}}, TotalCount: 1}, nil
		})
	client := serve(t, api)
	var resp DescribeAssetImageVulListResponse
	if err := client.Call(t.Context(), "DescribeAssetImageVulList", want, &resp); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request: %s", diff)
	}
	if resp.TotalCount != 1 || len(resp.List) != 1 || resp.List[0].CVEID != "CVE-2026-1" {
		t.Errorf("response %+v", resp)
	}
	err, ok := client.Call(t.Context(), "DescribeAssetImageVulList", DescribeAssetImageVulListRequest{},
		nil).(*cloudapi.Error)
	if ok {
		t.Errorf("an empty ImageID was sent, but: %v", err)
	}
	err, ok = client.Call(t.Context(), "DescribeAssetImageVulList", struct{}{}, nil).(*cloudapi.Error)
	if !ok || err.Code != cloudapi.InvalidParameterMissing {
		t.Errorf("missing ImageID: error %v", err)
	}
}

func TestStopTakesOneOrManyExclusions(t *testing.T) {
	var got []cloudapi.Strings
	api := newAPI()
	cloudapi.Handle(api, "ModifyAssetImageScanStop",
		func(_ context.Context, _ cloudapi.Caller, r *ModifyAssetImageScanStopRequest) (*ModifyAssetImageScanStopResponse,
			error) {
			got = append(got, r.ExcludeImageIds)
			return &ModifyAssetImageScanStopResponse{Status: "SUCCESS"}, nil
		})
	client := serve(t, api)
	for _, excluded := range []any{"a", []string{"a", "b"}} {
		if err := client.Call(t.Context(), "ModifyAssetImageScanStop", map[string]any{"ExcludeImageIds": excluded},
			nil); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]cloudapi.Strings{{"a"}, {"a", "b"}}, got); diff != "" {
		t.Error(diff)
	}
}

// Empty answers have all fields, and no null among them.
func TestEmptyResponse(t *testing.T) {
	for _, v := range []any{DescribeAssetImageListResponse{}, DescribeAssetImageDetailResponse{}, ImagesInfo{},
		ImagesVul{}} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(b, &fields); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "null") || len(fields) != reflect.TypeOf(v).NumField() {
			t.Errorf("%T: %s", v, b)
		}
	}
}

func TestActionsAreSorted(t *testing.T) {
	if len(Actions) != 121 {
		t.Errorf("%d actions", len(Actions))
	}
	for i := 1; i < len(Actions); i++ {
		if Actions[i-1].Name >= Actions[i].Name {
			t.Errorf("%s comes before %s", Actions[i-1].Name, Actions[i].Name)
		}
	}
}
