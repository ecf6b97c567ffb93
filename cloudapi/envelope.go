package cloudapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"

	"github.com/landwaiter/landwaiter"
)

// List is a list in a response. A nil List is encoded as [] rather than null,
// because typed clients may range over it without a check.
type List[T any] []T

// MarshalJSON encodes the list.
func (l List[T]) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return marshal([]T(l))
}

// marshal is json.Marshal without the escapes for HTML, and with those for
// invisible characters.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(landwaiter.PrintableJSON(&b))
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// envelope encodes the response to a request, and returns the error in it, if
// any. It logs errors whose details the caller must not see.
func (s *Server) envelope(ctx context.Context, rec *Record, resp any, err error) ([]byte, *Error) {
	if err == nil {
		var body []byte
		if body, err = encodeSuccess(rec.RequestID, resp); err == nil {
			return body, nil
		}
	}
	wire, withheld := wireError(err)
	if withheld && ctx.Err() == nil { // otherwise the client closed the connection
		s.config.Logger.ErrorContext(ctx, "action failed", "action", rec.Action, "request", rec.RequestID, "error", err)
	}
	return encodeError(rec.RequestID, wire), wire
}

// encodeSuccess encodes resp as an object and adds the request ID to it.
func encodeSuccess(requestID string, resp any) ([]byte, error) {
	fields, err := marshal(resp)
	if err != nil {
		return nil, fmt.Errorf("encode the response: %w", err)
	}
	if len(fields) < len("{}") || fields[0] != '{' {
		return nil, fmt.Errorf("encode the response: %T is not an object", resp)
	}
	var b bytes.Buffer
	b.WriteString(`{"Response":`)
	b.Write(fields[:len(fields)-1])
	if len(fields) > len("{}") {
		b.WriteByte(',')
	}
	fmt.Fprintf(&b, `"RequestId":%q}}`, requestID)
	return b.Bytes(), nil
}

func encodeError(requestID string, e *Error) []byte {
	var body struct {
		Response struct {
			Error     struct{ Code, Message string }
			RequestId string
		}
	}
	body.Response.Error.Code = e.Code
	body.Response.Error.Message = e.Message
	body.Response.RequestId = requestID
	b, err := marshal(body)
	if err != nil {
		panic("cloudapi: strings always encode: " + err.Error())
	}
	return b
}

// traceID is the form that an X-TC-TraceId must have to be echoed. The SDKs
// send a UUID.
var traceID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,128}$`)

// writeAnswer sends the body. The content type has no charset on purpose: with
// one, the Python SDK takes an error for a success without data.
func writeAnswer(w http.ResponseWriter, r *http.Request, requestID string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	h.Set("X-TC-RequestId", requestID)
	if id := r.Header.Get("X-TC-TraceId"); traceID.MatchString(id) {
		h.Set("X-TC-TraceId", id)
	}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body) // fails only if the client closed the connection
}
