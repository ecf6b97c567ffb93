package cloudapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// maxAnswer bounds how many bytes of a response the client reads. A page of
// 100 entries is smaller than 1 MB.
const maxAnswer = 32 << 20

// Client calls an API by POST with JSON and TC3 signatures. Set its fields
// before the first call; it is then safe for concurrent use.
type Client struct {
	Endpoint  string       // URL of the server, e.g. "https://127.0.0.1:8443"
	Service   string       // name in the credential scope, e.g. "tcss"
	Version   string       // of the API, e.g. "2020-11-01"
	SecretID  string       // of the API key
	SecretKey string       // of the API key
	HTTP      *http.Client // nil means http.DefaultClient
}

// Call runs an action with the JSON encoding of req as its parameters, and
// decodes the response into resp unless that is nil. If the server returns an
// error, it is an *Error; if the server cannot be reached, the error is of the
// kind landwaiter.Unavailable.
func (c *Client) Call(ctx context.Context, action string, req, resp any) error {
	body, err := marshal(req)
	if err != nil {
		return fmt.Errorf("encode the parameters of %s: %w", action, err)
	}
	httpReq, err := c.newRequest(ctx, action, body)
	if err != nil {
		return err
	}
	httpResp, err := cmp.Or(c.HTTP, http.DefaultClient).Do(httpReq)
	if err != nil {
		return landwaiter.Errorf(landwaiter.Unavailable, "cannot reach the server: %w", err)
	}
	defer httpResp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(httpResp.Body, maxAnswer+1))
	if err != nil {
		return landwaiter.Errorf(landwaiter.Unavailable, "the server's answer ended early: %w", err)
	}
	if len(answer) > maxAnswer {
		return landwaiter.Errorf(landwaiter.TooLarge, "the server's answer has more than %d bytes", maxAnswer)
	}
	return decodeAnswer(answer, resp)
}

func (c *Client) newRequest(ctx context.Context, action string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Endpoint, bytes.NewReader(body))
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "endpoint %q is not a URL: %w", c.Endpoint, err)
	}
	r.Header.Set("Content-Type", typeJSON)
	r.Header.Set("X-TC-Action", action)
	r.Header.Set("X-TC-Version", c.Version)
	c.sign(r, body, time.Now())
	return r, nil
}

// sign adds the timestamp and the authorization to a request.
func (c *Client) sign(r *http.Request, body []byte, now time.Time) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	s := scope{date: scopeDate(now), service: c.Service}
	signature := canonical{
		method: r.Method,
		uri:    cmp.Or(r.URL.EscapedPath(), "/"),
		query:  r.URL.RawQuery,
		headers: []header{
			{"content-type", r.Header.Get("Content-Type")},
			{"host", cmp.Or(r.Host, r.URL.Host)},
		},
		payloadHash: hexSHA256(body),
	}.sign(s.key(c.SecretKey), s, timestamp)
	r.Header.Set("X-TC-Timestamp", timestamp)
	r.Header.Set("Authorization", strings.Join([]string{
		tc3Algorithm + " Credential=" + c.SecretID + "/" + s.String(),
		"SignedHeaders=content-type;host",
		"Signature=" + hex.EncodeToString(signature),
	}, ", "))
}

func decodeAnswer(answer []byte, resp any) error {
	var envelope struct{ Response json.RawMessage }
	var failure struct {
		Error     *struct{ Code, Message string }
		RequestId string
	}
	if json.Unmarshal(answer, &envelope) != nil || json.Unmarshal(envelope.Response, &failure) != nil {
		return landwaiter.Errorf(landwaiter.Unavailable, "the endpoint is not an API server; check its URL")
	}
	if e := failure.Error; e != nil {
		return &Error{Code: e.Code, Message: e.Message, RequestID: failure.RequestId}
	}
	if resp == nil {
		return nil
	}
	if err := json.Unmarshal(envelope.Response, resp); err != nil {
		return landwaiter.Errorf(landwaiter.Unavailable, "the server's answer does not have the expected form: %w", err)
	}
	return nil
}
