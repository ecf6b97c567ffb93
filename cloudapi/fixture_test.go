package cloudapi

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

// The key of the recorded requests and signing vectors; it is used nowhere else.
const (
	testID     = "AKIDFARMTEST"
	testSecret = "testSecretKeyFARM0123456789abcdef"
	testHost   = "tcss.tencentcloudapi.com"
)

var testTime = time.Unix(1600000000, 0)

type testFilter struct {
	Name       string   `json:"Name" cloudapi:"required"`
	Values     []string `json:"Values" cloudapi:"required"`
	ExactMatch bool     `json:"ExactMatch"`
}

type testRequest struct {
	All             bool         `json:"All"`
	Images          []string     `json:"Images"`
	ScanVul         bool         `json:"ScanVul"`
	ScanVirus       bool         `json:"ScanVirus"`
	ScanRisk        bool         `json:"ScanRisk"`
	Filters         []testFilter `json:"Filters"`
	ScanScope       uint64       `json:"ScanScope"`
	Timeout         *uint64      `json:"Timeout"`
	Delta           int64        `json:"Delta"`
	Ratio           float64      `json:"Ratio"`
	ExcludeImageIds Strings      `json:"ExcludeImageIds"`
}

type testResponse struct {
	TaskID string       `json:"TaskID"`
	List   List[string] `json:"List"`
	Echo   testRequest  `json:"Echo"`
}

// A fixture is a server with a clock that the test sets.
type fixture struct {
	*Server
	now     time.Time
	role    string
	fail    error // what the actions return
	calls   []string
	records []Record
	log     bytes.Buffer
}

func newFixture(t *testing.T, change ...func(*Config)) *fixture {
	t.Helper()
	f := &fixture{now: testTime, role: RoleAdmin}
	api := NewAPI("2020-11-01")
	for _, name := range []string{"CreateAssetImageScanTask", "DescribeAssetImageScanTask", "DescribeAssetImageList"} {
		api.Declare(name)
		Handle(api, name, func(_ context.Context, c Caller, r *testRequest) (*testResponse, error) {
			f.calls = append(f.calls, name)
			if f.fail != nil {
				return nil, f.fail
			}
			return &testResponse{TaskID: c.KeyID, Echo: *r}, nil
		})
	}
	api.Declare("DescribePanic")
	Handle(api, "DescribePanic", func(context.Context, Caller, *struct{}) (*testResponse, error) { panic("boom") })
	api.Declare("DescribeNeedy", InvalidParameterMissing)
	Handle(api, "DescribeNeedy", func(context.Context, Caller, *testFilter) (*struct{}, error) {
		return &struct{}{}, nil
	})
	api.Declare("DescribeUnbuilt")
	config := Config{
		API: api,
		Keys: func(_ context.Context, id string) (Key, error) {
			if id != testID {
				return Key{}, landwaiter.Errorf(landwaiter.NotFound, "no key %q", id)
			}
			return Key{ID: testID, Secret: testSecret, Role: f.role}, nil
		},
		Observe: func(_ context.Context, r Record) { f.records = append(f.records, r) },
		Logger:  slog.New(slog.NewTextHandler(&f.log, nil)),
		Now:     func() time.Time { return f.now },
	}
	for _, c := range change {
		c(&config)
	}
	f.Server = NewServer(config)
	return f
}

// An answer is a response; Code is "" for success.
type answer struct {
	Code, Message, RequestID string
	Response                 testResponse
	header                   http.Header
	raw                      string
}

func (f *fixture) send(t *testing.T, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	raw := w.Body.String()
	var body struct {
		Response struct {
			Error     *struct{ Code, Message string }
			RequestId string
			testResponse
		}
	}
	if err := json.Unmarshal([]byte(raw), &body); err != nil {
		t.Fatalf("answer is not JSON: %v\n%s", err, raw)
	}
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" ||
		body.Response.RequestId == "" || w.Header().Get("X-TC-RequestId") != body.Response.RequestId {
		t.Errorf("status %d, header %v for %s", w.Code, w.Header(), raw)
	}
	a := answer{RequestID: body.Response.RequestId, Response: body.Response.testResponse, header: w.Header(), raw: raw}
	if e := body.Response.Error; e != nil {
		a.Code, a.Message = e.Code, e.Message
	}
	return a
}

// A tc3Request is a TC3 request to be signed.
type tc3Request struct {
	method, target, contentType, body string
	action                            string
	id, secret                        string
	time                              time.Time
	host, signedHost, service, uri    string
}

func (q tc3Request) http() *http.Request {
	def := func(p *string, v string) {
		if *p == "" {
			*p = v
		}
	}
	def(&q.method, "POST")
	def(&q.target, "/")
	def(&q.action, "DescribeAssetImageList")
	def(&q.contentType, "application/json")
	def(&q.id, testID)
	def(&q.secret, testSecret)
	def(&q.host, testHost)
	def(&q.signedHost, q.host)
	def(&q.service, "tcss")
	if q.time.IsZero() {
		q.time = testTime
	}
	r := httptest.NewRequest(q.method, q.target, strings.NewReader(q.body))
	def(&q.uri, r.URL.EscapedPath())
	r.Host = q.host
	timestamp := strconv.FormatInt(q.time.Unix(), 10)
	s := scope{scopeDate(q.time), q.service}
	payload := q.body
	if q.method == "GET" {
		payload = ""
	}
	sig := canonical{q.method, q.uri, r.URL.RawQuery,
		[]header{{"content-type", q.contentType}, {"host", q.signedHost}},
		hexSHA256([]byte(payload))}.sign(s.key(q.secret), s, timestamp)
	for name, value := range map[string]string{
		"Content-Type": q.contentType, "X-TC-Action": q.action, "X-TC-Version": "2020-11-01",
		"X-TC-Timestamp": timestamp,
		"Authorization": fmt.Sprintf("TC3-HMAC-SHA256 Credential=%s/%s, SignedHeaders=content-type;host, Signature=%s",
			q.id, s, hex.EncodeToString(sig)),
	} {
		r.Header.Set(name, value)
	}
	return r
}

// v1Request returns a signed v1 request. The params are set before signing; the
// value "-" removes a common parameter.
func v1Request(method string, params map[string]string) *http.Request {
	all := map[string]string{
		"Action": "DescribeAssetImageList", "Version": "2020-11-01", "Timestamp": "1600000000",
		"Nonce":  "9223372036854775807",
		"Region": "", "SecretId": testID, "SignatureMethod": "HmacSHA256",
	}
	for name, value := range params {
		if value == "-" {
			delete(all, name)
		} else {
			all[name] = value
		}
	}
	values := url.Values{}
	for name, value := range all {
		values.Set(name, value)
	}
	if newHash, ok := v1Methods[all["SignatureMethod"]]; ok && params["Signature"] == "" {
		values.Set("Signature", b64(v1Sign(newHash, testSecret, method, testHost, "/", v1Params(all))))
	}
	var r *http.Request
	if method == "GET" {
		r = httptest.NewRequest("GET", "/?"+values.Encode(), nil)
	} else {
		r = httptest.NewRequest("POST", "/", strings.NewReader(values.Encode()))
		r.Header.Set("Content-Type", typeForm)
	}
	r.Host = testHost
	return r
}

func must(t *testing.T, a answer, code string) {
	t.Helper()
	if a.Code != code {
		t.Errorf("code %q (%s), want %q", a.Code, a.Message, code)
	}
}

func setBody(r *http.Request, body string) {
	r.Body = io.NopCloser(strings.NewReader(body))
	r.ContentLength = int64(len(body))
}
