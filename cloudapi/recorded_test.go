package cloudapi

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter/realtest"
)

// refused are the recordings that are not plain successes. Go's CommonRequest
// loses its parameters with GET and v1, which is still a valid request.
var refused = map[string]string{
	"node-cn-tc3-skipsign":        AuthInvalidAuthorization,
	"node-cn-tc3-post-token-lang": AuthTokenFailure,
	"go-tc3-token":                AuthTokenFailure,
	"go-tc3-unsigned-payload":     AuthSignatureFailure,
	"node-cn-tc3-octet":           InvalidRequest,
	"node-cn-tc3-multipart":       InvalidParameterParsing, // text for a list
}

var sentTime = regexp.MustCompile(`(?i)Timestamp(?:: |=)([0-9]+)`)

func TestRecordedRequests(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(realtest.Shared(t, "tcss", "raw-requests"), "*.http"))
	if err != nil || len(files) == 0 {
		t.Fatal("no recordings", err)
	}
	seen := 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".http")
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := refused[name]
		if want != "" {
			seen++
		}
		t.Run(name, func(t *testing.T) { replayRecording(t, raw, want) })
		if want == AuthTokenFailure || want == AuthSignatureFailure {
			t.Run(name+" allowed", func(t *testing.T) {
				replayRecording(t, raw, "", func(c *Config) {
					c.UnsignedPayload = true
					c.Tokens = func(context.Context, string, string) error { return nil }
				})
			})
		}
	}
	if seen != len(refused) {
		t.Errorf("%d of %d recordings to be refused were found", seen, len(refused))
	}
}

// replayRecording sends a recording with the clock at its time, then again with
// changes to its body or query.
func replayRecording(t *testing.T, raw []byte, want string, change ...func(*Config)) {
	seconds, err := strconv.ParseInt(string(sentTime.FindSubmatch(raw)[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	send := func(edit func(*http.Request)) answer {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			t.Fatal(err)
		}
		edit(r)
		f := newFixture(t, change...)
		f.now = time.Unix(seconds, 0)
		return f.send(t, r)
	}
	must(t, send(func(*http.Request) {}), want)
	if want == AuthInvalidAuthorization {
		return
	}
	must(t, send(func(r *http.Request) { r.Host = "evil.example.com" }), AuthSignatureFailure)
	if change == nil {
		body := raw[bytes.Index(raw, []byte("\r\n\r\n"))+4:]
		if len(body) > 0 {
			must(t, send(func(r *http.Request) {
				setBody(r, strings.Replace(string(body), "ScanVul", "ScanVux", 1)+"&x=")
			}), AuthSignatureFailure)
		}
		if bytes.HasPrefix(raw, []byte("GET")) {
			must(t, send(func(r *http.Request) { r.URL.RawQuery += "&Images.9=x" }), AuthSignatureFailure)
		}
	}
}
