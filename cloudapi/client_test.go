package cloudapi

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tcerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"

	"github.com/landwaiter/landwaiter"
)

func realTime(c *Config) { c.Now = time.Now }

func TestClient(t *testing.T) {
	for _, path := range []string{"", "/", "/api"} {
		server := httptest.NewServer(newFixture(t, realTime))
		defer server.Close()
		c := &Client{Endpoint: server.URL + path, Service: "tcss", Version: "2020-11-01", SecretID: testID,
			SecretKey: testSecret}
		want := testRequest{Images: []string{"a&b <中>"}, ScanScope: 1<<64 - 1, Filters: []testFilter{}}
		var got testResponse
		if err := c.Call(t.Context(), "CreateAssetImageScanTask", want, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Echo); diff != "" {
			t.Error(diff)
		}
		if err := c.Call(t.Context(), "DescribeAssetImageList", struct{}{}, nil); err != nil {
			t.Error(err)
		}
		err := c.Call(t.Context(), "DescribeUnbuilt", struct{}{}, nil)
		if e, ok := errors.AsType[*Error](err); !ok || e.Code != UnsupportedOperation || e.RequestID == "" {
			t.Errorf("error %v", err)
		}
	}
}

func TestClientFailures(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for endpoint, want := range map[string]landwaiter.ErrorKind{
		server.URL: landwaiter.Unavailable, gone.URL: landwaiter.Unavailable, "http://[": landwaiter.Invalid,
	} {
		c := &Client{Endpoint: endpoint, Service: "tcss", Version: "2020-11-01", SecretID: testID,
			SecretKey: testSecret}
		if err := c.Call(t.Context(), "DescribeAssetImageList", struct{}{}, nil); landwaiter.KindOf(err) != want {
			t.Errorf("%s: error %v, want kind %s", endpoint, err, want)
		}
	}
}

// officialClient returns the Go SDK's client for a server.
func officialClient(server *httptest.Server, id, secret string) *common.Client {
	p := profile.NewClientProfile()
	p.HttpProfile.Scheme = "HTTP"
	p.HttpProfile.Endpoint = server.Listener.Addr().String()
	return common.NewCommonClient(common.NewCredential(id, secret), "ap-guangzhou", p)
}

func callOfficial(t *testing.T, c *common.Client, action string, params map[string]any) (string, string) {
	t.Helper()
	r := tchttp.NewCommonRequest("tcss", "2020-11-01", action)
	if err := r.SetActionParameters(params); err != nil {
		t.Fatal(err)
	}
	resp := tchttp.NewCommonResponse()
	err := c.Send(r, resp)
	if e, ok := errors.AsType[*tcerrors.TencentCloudSDKError](err); ok {
		if e.RequestId == "" {
			t.Errorf("no request ID in %v", e)
		}
		return string(resp.GetBody()), e.Code
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(resp.GetBody()), ""
}

func TestOfficialGoClient(t *testing.T) {
	server := httptest.NewServer(newFixture(t, realTime))
	defer server.Close()
	client := officialClient(server, testID, testSecret)
	tests := []struct {
		action string
		params map[string]any
		want   string
	}{
		{"CreateAssetImageScanTask", map[string]any{"Images": []string{"a&b", "中"}, "ScanVul": true, "ScanScope": 1},
			""},
		{"DescribeAssetImageList", map[string]any{"Filters": []map[string]any{{"Name": "n", "Values": []string{"v"}}}},
			""},
		{"DescribeAssetImageList", map[string]any{"ScanScope": "1"}, InvalidParameterParsing},
		{"DescribeAssetImageList", map[string]any{"Foo": "1"}, UnknownParameter},
		{"DescribeUnbuilt", map[string]any{}, UnsupportedOperation},
		{"DescribeNothing", map[string]any{}, InvalidAction},
	}
	for _, tt := range tests {
		if body, code := callOfficial(t, client, tt.action, tt.params); code != tt.want {
			t.Errorf("%s %v: code %q, want %q: %s", tt.action, tt.params, code, tt.want, body)
		}
	}
	if _, code := callOfficial(t, officialClient(server, testID, "wrong"), "DescribeAssetImageList",
		nil); code != AuthSignatureFailure {
		t.Errorf("wrong secret: code %q", code)
	}
	if _, code := callOfficial(t, officialClient(server, "AKIDOTHER", testSecret), "DescribeAssetImageList",
		nil); code != AuthSecretIDNotFound {
		t.Errorf("wrong ID: code %q", code)
	}
}

func TestOfficialGoClientErrors(t *testing.T) {
	stopped := newFixture(t) // its clock says 2020
	server := httptest.NewServer(stopped)
	defer server.Close()
	if _, code := callOfficial(t, officialClient(server, testID, testSecret), "DescribeAssetImageList",
		map[string]any{}); code != AuthSignatureExpire {
		t.Errorf("wrong clock: code %q", code)
	}
	stopped.now = time.Now()
	for i := range DefaultRate + 1 {
		_, code := callOfficial(t, officialClient(server, testID, testSecret), "DescribeAssetImageScanTask",
			map[string]any{})
		if want := map[bool]string{true: RequestLimitExceeded}[i == DefaultRate]; code != want {
			t.Errorf("request %d: code %q, want %q", i+1, code, want)
		}
	}
}
