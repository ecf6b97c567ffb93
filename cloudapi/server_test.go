package cloudapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/landwaiter/landwaiter"
)

// A change of any part of a signed request gives the code for that part.
func TestTampering(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	edit := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
		}
	}
	tests := []struct {
		name   string
		change func(*http.Request)
		want   string
	}{
		{"nothing", func(*http.Request) {}, ""},
		{"header that is not signed", set("X-TC-Language", "en-US"), ""},
		{"method HEAD", func(r *http.Request) { r.Method = "HEAD" }, UnsupportedProtocol},
		{"method PUT", func(r *http.Request) { r.Method = "PUT" }, UnsupportedProtocol},
		{"method GET", func(r *http.Request) { r.Method = "GET" }, AuthSignatureFailure},
		{"body", func(r *http.Request) { setBody(r, `{ }`) }, AuthSignatureFailure},
		{"body gone", func(r *http.Request) { setBody(r, ``) }, AuthSignatureFailure},
		{"query", func(r *http.Request) { r.URL.RawQuery = "a=b" }, AuthSignatureFailure},
		{"host", func(r *http.Request) { r.Host = "other.example.com" }, AuthSignatureFailure},
		{"content type", set("Content-Type", "application/json; charset=utf-8"), AuthSignatureFailure},
		{"no action", set("X-TC-Action", ""), MissingParameter},
		{"no version", set("X-TC-Version", ""), MissingParameter},
		{"other version", set("X-TC-Version", "2017-03-12"), NoSuchVersion},
		{"no timestamp", set("X-TC-Timestamp", ""), MissingParameter},
		{"timestamp not a number", set("X-TC-Timestamp", "now"), InvalidParameter},
		{"timestamp negative", set("X-TC-Timestamp", "-1"), InvalidParameter},
		{"timestamp huge", set("X-TC-Timestamp", "99999999999999999999"), InvalidParameter},
		{"timestamp changed", set("X-TC-Timestamp", "1600000001"), AuthSignatureFailure},
		{"timestamp old", set("X-TC-Timestamp", "1599999699"), AuthSignatureExpire},
		{"timestamp ahead", set("X-TC-Timestamp", "1600000301"), AuthSignatureExpire},
		{"no authorization", set("Authorization", ""), AuthInvalidAuthorization},
		{"skipped authorization", set("Authorization", "SKIP"), AuthInvalidAuthorization},
		{"other algorithm", edit("TC3-HMAC-SHA256", "TC3-HMAC-SHA1"), AuthInvalidAuthorization},
		{"date of scope", edit("2020-09-13", "2020-09-14"), AuthSignatureExpire},
		{"service of scope", edit("/tcss/", "/cvm/"), AuthSignatureFailure},
		{"slash in service", edit("/tcss/", "/a/b/"), AuthInvalidAuthorization},
		{"no service", edit("/tcss/", "//"), AuthInvalidAuthorization},
		{"terminator", edit("tc3_request", "tc4_request"), AuthInvalidAuthorization},
		{"unknown key", edit(testID, "AKIDOTHER"), AuthSecretIDNotFound},
		{"key not of the form", edit(testID, "a b"), AuthInvalidSecretID},
		{"no key", edit(testID, ""), AuthInvalidSecretID},
		{"host not signed", edit("content-type;host", "content-type"), AuthInvalidAuthorization},
		{"more headers signed", edit("content-type;host", "content-type;host;x-tc-action"), AuthSignatureFailure},
		{"signature digit", func(r *http.Request) {
			a := r.Header.Get("Authorization")
			r.Header.Set("Authorization", a[:len(a)-1]+map[bool]string{true: "1", false: "0"}[a[len(a)-1] == '0'])
		}, AuthSignatureFailure},
		{"signature short", func(r *http.Request) {
			a := r.Header.Get("Authorization")
			r.Header.Set("Authorization", a[:len(a)-2])
		}, AuthInvalidAuthorization},
		{"field twice", edit("SignedHeaders=", "Credential="), AuthInvalidAuthorization},
		{"field unknown", edit("SignedHeaders=", "Signed="), AuthInvalidAuthorization},
		{"authorization long", set("Authorization", "TC3-HMAC-SHA256 "+strings.Repeat("a", 4096)),
			AuthInvalidAuthorization},
		{"token", set("X-TC-Token", "x"), AuthTokenFailure},
		{"unknown action", set("X-TC-Action", "DescribeNothing"), InvalidAction},
		{"unbuilt action", set("X-TC-Action", "DescribeUnbuilt"), UnsupportedOperation},
		{"unsigned payload", set("X-TC-Content-SHA256", "UNSIGNED-PAYLOAD"), ""}, // the body was signed all the same
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			r := tc3Request{body: `{}`}.http()
			tt.change(r)
			must(t, f.send(t, r), tt.want)
			if tt.want != "" && len(f.calls) > 0 {
				t.Errorf("refused, but %v ran", f.calls)
			}
		})
	}
}

func TestTamperingV1(t *testing.T) {
	tests := []struct {
		name   string
		method string
		params map[string]string
		want   string
	}{
		{"post", "POST", nil, ""},
		{"get", "GET", nil, ""},
		{"sha1", "GET", map[string]string{"SignatureMethod": "HmacSHA1"}, ""},
		{"sha1 by default", "POST", map[string]string{"SignatureMethod": "-"}, ""},
		{"values that need escapes", "POST", map[string]string{"Images.0": "a&b=c +中"}, ""},
		{"other method", "GET", map[string]string{"SignatureMethod": "HmacMD5", "Signature": "AAAA"},
			InvalidParameterValue},
		{"no action", "POST", map[string]string{"Action": "-"}, MissingParameter},
		{"no nonce", "POST", map[string]string{"Nonce": "-"}, MissingParameter},
		{"nonce zero", "POST", map[string]string{"Nonce": "0"}, InvalidParameter},
		{"no id", "POST", map[string]string{"SecretId": "-"}, MissingParameter},
		{"other id", "POST", map[string]string{"SecretId": "AKIDOTHER"}, AuthSecretIDNotFound},
		{"old", "POST", map[string]string{"Timestamp": "1599999000"}, AuthSignatureExpire},
		{"wrong signature", "POST", map[string]string{"Signature": "AAAA"}, AuthSignatureFailure},
		{"signature not base64", "POST", map[string]string{"Signature": "%"}, AuthSignatureFailure},
		{"token", "POST", map[string]string{"Token": "t"}, AuthTokenFailure},
		{"unknown parameter", "POST", map[string]string{"Foo": "1"}, UnknownParameter},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			must(t, newFixture(t).send(t, v1Request(tt.method, tt.params)), tt.want)
		})
	}
	r := v1Request("POST", nil)
	setBody(r, strings.Repeat("Action=x&Action=y&", 2))
	must(t, newFixture(t).send(t, r), InvalidParameter)
}

func TestUnsignedPayload(t *testing.T) {
	r := tc3Request{}.http()
	setBody(r, vectorBody)
	r.Header.Set("X-TC-Action", "CreateAssetImageScanTask")
	r.Header.Set("X-TC-Content-SHA256", "UNSIGNED-PAYLOAD")
	r.Header.Set("Authorization",
		"TC3-HMAC-SHA256 Credential="+testID+"/2020-09-13/tcss/tc3_request, SignedHeaders=content-type;host, "+
			"Signature=5d2b3555b9937696fbd73f7743201efab9f2391ff4e667741674b25267dace38")
	must(t, newFixture(t).send(t, r), AuthSignatureFailure)
	setBody(r, vectorBody)
	must(t, newFixture(t, func(c *Config) { c.UnsignedPayload = true }).send(t, r), "")
}

func TestTokens(t *testing.T) {
	f := newFixture(t, func(c *Config) {
		c.Tokens = func(_ context.Context, id, token string) error {
			if id != testID || token != "good" {
				return errors.New("no")
			}
			return nil
		}
	})
	for token, want := range map[string]string{"good": "", "bad": AuthTokenFailure, "": AuthTokenFailure} {
		r := tc3Request{}.http()
		r.Header.Set("X-TC-Token", token)
		must(t, f.send(t, r), want)
	}
}

func TestRoles(t *testing.T) {
	for _, tt := range []struct{ role, action, want string }{
		{RoleReader, "DescribeAssetImageList", ""},
		{RoleReader, "CreateAssetImageScanTask", UnauthorizedOperation},
		{"", "DescribeAssetImageList", UnauthorizedOperation},
	} {
		f := newFixture(t)
		f.role = tt.role
		must(t, f.send(t, tc3Request{action: tt.action}.http()), tt.want)
	}
}

func TestSizes(t *testing.T) {
	big := strings.Repeat("x", maxTC3POST)
	f := newFixture(t)
	must(t, f.send(t, tc3Request{body: big + "x"}.http()), RequestSizeLimitExceeded)
	must(t, f.send(t, tc3Request{body: big}.http()), InvalidParameterParsing)
	undeclared := tc3Request{body: big + "x"}.http()
	undeclared.ContentLength = -1
	must(t, f.send(t, undeclared), RequestSizeLimitExceeded)
	must(t, f.send(t, v1Request("POST", map[string]string{"Images.0": big[:maxV1POST]})), RequestSizeLimitExceeded)
	must(t, f.send(t, v1Request("POST", map[string]string{"Images.0": big[:maxV1POST-1000]})), "")
	must(t, f.send(t, v1Request("GET", map[string]string{"Images.0": big[:maxGET]})), RequestSizeLimitExceeded)
	must(t, f.send(t, v1Request("GET", map[string]string{"Images.0": big[:maxGET-1000]})), "")
}

func TestErrorsOfHandlers(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{Errorf("FailedOperation.ErrAlreadyScanning", "busy"), "FailedOperation.ErrAlreadyScanning"},
		{fmt.Errorf("wrapped: %w", landwaiter.Errorf(landwaiter.NotFound, "busy")), ResourceNotFound},
		{landwaiter.Errorf(landwaiter.Invalid, "busy"), InvalidParameter},
		{landwaiter.Errorf(landwaiter.Conflict, "busy"), FailedOperation},
		{landwaiter.Errorf(landwaiter.Denied, "busy"), UnauthorizedOperation},
		{landwaiter.Errorf(landwaiter.Unsupported, "busy"), UnsupportedOperation},
		{landwaiter.Errorf(landwaiter.Unavailable, "busy"), ServiceUnavailable},
		{landwaiter.Errorf(landwaiter.TooLarge, "busy"), LimitExceeded},
		{landwaiter.Errorf(landwaiter.Corrupt, "secret detail"), InternalError},
		{errors.New("secret detail"), InternalError},
	}
	for _, tt := range tests {
		f := newFixture(t)
		f.fail = tt.err
		a := f.send(t, tc3Request{}.http())
		must(t, a, tt.want)
		if tt.want == InternalError {
			if strings.Contains(a.raw, "secret") || !strings.Contains(f.log.String(), a.RequestID) {
				t.Errorf("answer %s, log %s", a.raw, f.log.String())
			}
		} else if a.Message != "busy" {
			t.Errorf("message %q", a.Message)
		}
	}
}

func TestPanicIsInternalError(t *testing.T) {
	f := newFixture(t)
	a := f.send(t, tc3Request{action: "DescribePanic"}.http())
	must(t, a, InternalError)
	if strings.Contains(a.raw, "boom") || !strings.Contains(f.log.String(), "boom") {
		t.Errorf("answer %s, log %s", a.raw, f.log.String())
	}
}

func TestFaultOfKeyStore(t *testing.T) {
	f := newFixture(t, func(c *Config) {
		c.Keys = func(context.Context, string) (Key, error) { return Key{}, errors.New("disk") }
	})
	must(t, f.send(t, tc3Request{}.http()), InternalError)
}

func TestEnvelope(t *testing.T) {
	f := newFixture(t)
	r := tc3Request{body: `{"Images":["<&>"]}`}.http()
	r.Header.Set("X-TC-TraceId", "trace-1")
	a := f.send(t, r)
	if !strings.HasPrefix(a.raw, `{"Response":{"TaskID":"AKIDFARMTEST","List":[],"Echo":{`) ||
		!strings.Contains(a.raw, `"<&>"`) {
		t.Errorf("answer %s", a.raw)
	}
	if a.header.Get("X-TC-TraceId") != "trace-1" {
		t.Errorf("trace id %q", a.header.Get("X-TC-TraceId"))
	}
	r = tc3Request{action: "DescribeNeedy", body: `{"Name":"","Values":[]}`}.http()
	r.Header.Set("X-TC-TraceId", "<script>")
	a = f.send(t, r)
	if want := `{"Response":{"RequestId":"` + a.RequestID + `"}}`; a.raw != want || a.header.Get("X-TC-TraceId") != "" {
		t.Errorf("answer %s, header %v", a.raw, a.header)
	}
	if !json.Valid([]byte(a.raw)) {
		t.Errorf("not JSON: %s", a.raw)
	}
}

func TestObserve(t *testing.T) {
	f := newFixture(t)
	f.send(t, tc3Request{}.http())
	f.send(t, tc3Request{action: "NoSuch"}.http())
	f.send(t, tc3Request{secret: "wrong"}.http())
	want := []Record{
		{Action: "DescribeAssetImageList", KeyID: testID},
		{KeyID: testID, Code: InvalidAction},
		{Action: "DescribeAssetImageList", KeyID: testID, Code: AuthSignatureFailure},
	}
	if diff := cmp.Diff(want, f.records, cmpopts.IgnoreFields(Record{}, "RequestID", "Duration")); diff != "" {
		t.Error(diff)
	}
}

func TestClockSkew(t *testing.T) {
	for offset, want := range map[time.Duration]string{
		5 * time.Minute: "", -5 * time.Minute: "",
		5*time.Minute + time.Second: AuthSignatureExpire, -5*time.Minute - time.Second: AuthSignatureExpire,
	} {
		f := newFixture(t)
		f.now = testTime.Add(offset)
		must(t, f.send(t, tc3Request{}.http()), want)
	}
}

func TestRegistrationPanics(t *testing.T) {
	for name, fn := range map[string]func(*API){
		"declared twice": func(a *API) { a.Declare("X"); a.Declare("X") },
		"not declared": func(a *API) {
			Handle(a, "X", func(context.Context, Caller, *struct{}) (*struct{}, error) { return nil, nil })
		},
		"field of a foreign type": func(a *API) {
			a.Declare("X")
			Handle(a, "X", func(context.Context, Caller, *struct {
				A map[string]string `json:"A"`
			}) (*struct{}, error) {
				return nil, nil
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			fn(NewAPI("v"))
		})
	}
}
