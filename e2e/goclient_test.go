package e2e

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tcerr "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
)

// goClient is the CommonClient of the Go SDK: POST with TC3 signatures.
type goClient struct {
	transport http.RoundTripper // nil: a new one for each use
}

func (c goClient) at(t testing.TB, url string, k key, calls ...call) []reply {
	t.Helper()
	scheme, host, _ := strings.Cut(url, "://")
	p := profile.NewClientProfile()
	p.HttpProfile.Scheme, p.HttpProfile.Endpoint = strings.ToUpper(scheme), host
	client := common.NewCommonClient(common.NewCredential(k.ID, k.Secret), "", p)
	transport := c.transport
	if transport == nil {
		own := &http.Transport{}
		defer own.CloseIdleConnections()
		transport = own
	}
	client.WithHttpTransport(transport)
	replies := make([]reply, len(calls))
	var wg sync.WaitGroup
	for i, call := range calls {
		wg.Go(func() { replies[i] = sendGo(client, call) })
	}
	wg.Wait()
	return replies
}

func sendGo(client *common.Client, c call) reply {
	req := tchttp.NewCommonRequest("tcss", "2020-11-01", c.Action)
	if err := req.SetActionParameters(c.Params); err != nil {
		return reply{Message: err.Error()}
	}
	resp := tchttp.NewCommonResponse()
	err := client.Send(req, resp)
	var sdk *tcerr.TencentCloudSDKError
	if errors.As(err, &sdk) {
		return reply{Code: sdk.Code, Message: sdk.Message}
	}
	if err != nil {
		return reply{Message: err.Error()}
	}
	var envelope struct{ Response json.RawMessage }
	if err := json.Unmarshal(resp.GetBody(), &envelope); err != nil {
		return reply{Message: err.Error()}
	}
	return reply{Answer: envelope.Response}
}
