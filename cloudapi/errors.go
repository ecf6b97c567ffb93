package cloudapi

import (
	"errors"
	"fmt"

	"github.com/landwaiter/landwaiter"
)

// Error codes common to all products, as the public API reference and the
// SDKs name them. A product adds its own as plain strings.
const (
	AuthInvalidAuthorization = "AuthFailure.InvalidAuthorization"
	AuthInvalidSecretID      = "AuthFailure.InvalidSecretId"
	AuthSecretIDNotFound     = "AuthFailure.SecretIdNotFound"
	AuthSignatureExpire      = "AuthFailure.SignatureExpire"
	AuthSignatureFailure     = "AuthFailure.SignatureFailure"
	AuthTokenFailure         = "AuthFailure.TokenFailure"
	FailedOperation          = "FailedOperation"
	InternalError            = "InternalError"
	InvalidAction            = "InvalidAction"
	InvalidParameter         = "InvalidParameter"
	InvalidParameterMissing  = "InvalidParameter.MissingParameter"
	InvalidParameterParsing  = "InvalidParameter.ParsingError"
	InvalidParameterValue    = "InvalidParameterValue"
	InvalidRequest           = "InvalidRequest"
	LimitExceeded            = "LimitExceeded"
	MissingParameter         = "MissingParameter"
	NoSuchVersion            = "NoSuchVersion"
	RequestLimitExceeded     = "RequestLimitExceeded"
	RequestSizeLimitExceeded = "RequestSizeLimitExceeded"
	ResourceNotFound         = "ResourceNotFound"
	ServiceUnavailable       = "ServiceUnavailable"
	UnauthorizedOperation    = "UnauthorizedOperation"
	UnknownParameter         = "UnknownParameter"
	UnsupportedOperation     = "UnsupportedOperation"
	UnsupportedProtocol      = "UnsupportedProtocol"
)

// Error is an error as the wire carries it. A handler returns one to choose
// the code itself; Client.Call returns one for an error of the server.
type Error struct {
	Code      string // one of the constants above or a code of the product
	Message   string // shown to the user; no secrets
	RequestID string // set by the client; a handler leaves it empty
}

// Error returns code, message and, if known, the request id.
func (e *Error) Error() string {
	if e.RequestID == "" {
		return e.Code + ": " + e.Message
	}
	return e.Code + ": " + e.Message + " (request " + e.RequestID + ")"
}

// Errorf makes an *Error with the given code.
func Errorf(code, format string, args ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// internalMessage is all a caller learns of a fault of ours; the log has the
// rest under the same request id.
const internalMessage = "an internal error occurred; the server's log has the details under this request id"

// wireCodes maps the kinds of landwaiter errors whose message is meant for the
// caller. Other kinds are InternalError.
var wireCodes = map[landwaiter.ErrorKind]string{
	landwaiter.Invalid:     InvalidParameter,
	landwaiter.NotFound:    ResourceNotFound,
	landwaiter.Conflict:    FailedOperation,
	landwaiter.Denied:      UnauthorizedOperation,
	landwaiter.Unsupported: UnsupportedOperation,
	landwaiter.Unavailable: ServiceUnavailable,
	landwaiter.TooLarge:    LimitExceeded,
}

// wireError translates err. Of a landwaiter error only its own message is shown,
// not what it was wrapped in. It reports whether
// details were withheld and must be logged instead.
func wireError(err error) (wire *Error, withheld bool) {
	if e, ok := errors.AsType[*Error](err); ok {
		return e, false
	}
	if e, ok := errors.AsType[*landwaiter.Error](err); ok && wireCodes[e.Kind] != "" {
		return &Error{Code: wireCodes[e.Kind], Message: e.Message}, false
	}
	return &Error{Code: InternalError, Message: internalMessage}, true
}
