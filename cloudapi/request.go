package cloudapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime"
	"net/http"
)

// Size limits of the public "Request Structure" pages.
const (
	maxGET     = 32 << 10 // of the request URI
	maxV1POST  = 1 << 20  // of the body
	maxTC3POST = 10 << 20 // of the body

	// maxDrain is how much of a too large body is read and dropped. A client
	// that writes the whole body before it reads then gets the response and not
	// a broken connection.
	maxDrain = 16 << 20
)

// Content types of the request forms.
const (
	typeForm      = "application/x-www-form-urlencoded"
	typeJSON      = "application/json"
	typeMultipart = "multipart/form-data"
)

// A request is one HTTP request on its way through the checks.
type request struct {
	http                              *http.Request
	tc3                               bool
	action, version, timestamp, token string
	proof                             proof
	body                              []byte            // of a POST; of TC3 only after authenticate
	bodyHash                          string            // hex SHA-256; of the empty text for a GET
	params                            map[string]string // v1 only
}

// receive determines the form of a request and parses its common parameters.
func receive(r *http.Request) (*request, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return nil, Errorf(UnsupportedProtocol, "method %.16q is not supported; use GET or POST", r.Method)
	}
	req := &request{http: r, tc3: isTC3(r)}
	if err := req.checkDeclaredSize(); err != nil {
		return nil, err
	}
	if !req.tc3 {
		return req, req.readV1()
	}
	req.action = r.Header.Get("X-TC-Action")
	req.version = r.Header.Get("X-TC-Version")
	req.timestamp = r.Header.Get("X-TC-Timestamp")
	req.token = r.Header.Get("X-TC-Token")
	return req, nil
}

func isTC3(r *http.Request) bool {
	if r.Header.Get("Authorization") != "" || r.Header.Get("X-TC-Action") != "" {
		return true
	}
	media, _ := mediaType(r)
	return r.Method == http.MethodPost && media != typeForm
}

// mediaType returns the content type of a request and the parameters of that
// type. The type is "" when it is malformed.
func mediaType(r *http.Request) (string, map[string]string) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return "", nil
	}
	return media, params
}

func (r *request) post() bool { return r.http.Method == http.MethodPost }

// maxBody is the size limit of the body of a POST.
func (r *request) maxBody() int64 {
	if r.tc3 {
		return maxTC3POST
	}
	return maxV1POST
}

func (r *request) checkDeclaredSize() error {
	if !r.post() {
		if len(r.http.URL.RequestURI()) > maxGET {
			return Errorf(RequestSizeLimitExceeded, "a GET request may have at most %d bytes; use POST", maxGET)
		}
		return nil
	}
	if r.http.ContentLength > r.maxBody() {
		return r.tooLarge()
	}
	return nil
}

// tooLarge reads and drops up to maxDrain bytes of the rest of the body, and
// returns the error for the client.
func (r *request) tooLarge() error {
	// An error does not matter, since the request is refused either way.
	_, _ = io.CopyN(io.Discard, r.http.Body, maxDrain)
	return Errorf(RequestSizeLimitExceeded, "the body may have at most %d bytes; send less in one request", r.maxBody())
}

// readBody reads and hashes the body of a POST. It stores the body only if
// keep is set.
func (r *request) readBody(keep bool) error {
	hash := sha256.New()
	var kept bytes.Buffer
	if r.post() {
		dst := io.Writer(hash)
		if keep {
			dst = io.MultiWriter(hash, &kept)
		}
		n, err := io.Copy(dst, io.LimitReader(r.http.Body, r.maxBody()+1))
		if err != nil {
			return Errorf(InvalidRequest, "the request body ended early; send it again")
		}
		if n > r.maxBody() {
			return r.tooLarge()
		}
	}
	r.body, r.bodyHash = kept.Bytes(), hex.EncodeToString(hash.Sum(nil))
	return nil
}

// arguments returns the action's parameters.
func (r *request) arguments() (*node, error) {
	if !r.tc3 {
		return flattened(r.params, isV1Common)
	}
	if !r.post() {
		params, err := parseQuery(r.http.URL.RawQuery)
		if err != nil {
			return nil, err
		}
		return flattened(params, nil)
	}
	switch media, params := mediaType(r.http); media {
	case typeJSON:
		return parseJSON(r.body)
	case typeMultipart:
		return parseMultipart(r.body, params["boundary"])
	default:
		return nil, Errorf(InvalidRequest, "content type %.64q is not supported with TC3; send %s or %s",
			media, typeJSON, typeMultipart)
	}
}
