package registry

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

const (
	// maxListing bounds one page of a catalog or of tags: 1,000 names (the
	// page size) of 384 bytes at most, forty times over for registries that
	// answer with everything at once.
	maxListing = 16 << 20
	// maxAnswer bounds what is neither a listing, a document nor a layer:
	// errors, and tokens, of which the client above takes 64 KiB.
	maxAnswer = 1 << 20
	// answerTimeout bounds the time for an answer that is not a layer, header
	// and body: maxListing comes in at 140 kB/s.
	answerTimeout = 2 * time.Minute
)

// streamKey marks the context of requests for blobs.
type streamKey struct{}

// asStream marks a request whose answer may be too large for memory.
func asStream(ctx context.Context) context.Context { return context.WithValue(ctx, streamKey{}, true) }

var errSlow = landwaiter.Errorf(landwaiter.Unavailable,
	"too slow: layers must come at %d bytes in %s or more, other answers within %s", stallBytes, stallTimeout,
	answerTimeout)

// roundTrip sends one request. Unless the answer is the content of a blob, it
// is read completely: a slow or endless answer fails here, and no reader must close
// it. The content of a blob is watched for its speed.
func roundTrip(next http.RoundTripper, req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	slow := time.AfterFunc(answerTimeout, func() { cancel(errSlow) })
	defer slow.Stop()
	resp, err := next.RoundTrip(req.WithContext(ctx))
	if err == nil && resp.StatusCode == http.StatusOK && ctx.Value(streamKey{}) != nil {
		resp.Body = newWatched(resp.Body, cancel)
		return resp, nil
	}
	defer cancel(nil)
	if err == nil {
		err = readBody(resp, bodyLimit(req))
	}
	if err != nil && errors.Is(context.Cause(ctx), errSlow) {
		err = errSlow
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// bodyLimit returns the limit of the answer to a request.
func bodyLimit(req *http.Request) int64 {
	switch path := req.URL.Path; {
	case strings.HasSuffix(path, "/_catalog"), strings.HasSuffix(path, "/tags/list"):
		return maxListing
	case strings.Contains(path, "/manifests/"):
		return source.MaxDocument
	}
	return maxAnswer
}

// readBody reads the body into memory.
func readBody(resp *http.Response, limit int64) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	resp.Body.Close()
	if err != nil {
		return err
	}
	if int64(len(body)) > limit {
		return landwaiter.Errorf(landwaiter.TooLarge, "the registry's answer is over %d bytes, the limit", limit)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}
