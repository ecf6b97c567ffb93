package cloudapi

import (
	"errors"
	"fmt"

	"github.com/landwaiter/landwaiter"
)

// Error codes common to all products, named as in the public API reference and
// the SDKs. A product adds its own as plain strings.
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

// Error is an error as it is sent to the client. A handler returns one to
// choose the code; Client.Call returns one when the server reports an error.
type Error struct {
	Code      string // one of the constants above or a code of the product
	Message   string // shown to the user; must not contain secrets
	RequestID string // set by the client; a handler leaves it empty
}

// Error returns the code, the message and, if known, the request ID.
func (e *Error) Error() string {
	if e.RequestID == "" {
		return e.Code + ": " + e.Message
	}
	return e.Code + ": " + e.Message + " (request " + e.RequestID + ")"
}

// Errorf returns an *Error with the given code.
func Errorf(code, format string, args ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// internalMessage is the message of every internal error. The log has the
// details under the same request ID.
const internalMessage = "an internal error occurred; the server's log has the details under this request ID"

// wireCodes maps kinds of landwaiter errors to codes. The messages of these
// kinds are shown to the caller; other kinds are InternalError.
var wireCodes = map[landwaiter.ErrorKind]string{
	landwaiter.Invalid:     InvalidParameter,
	landwaiter.NotFound:    ResourceNotFound,
	landwaiter.Conflict:    FailedOperation,
	landwaiter.Denied:      UnauthorizedOperation,
	landwaiter.Unsupported: UnsupportedOperation,
	landwaiter.Unavailable: ServiceUnavailable,
	landwaiter.TooLarge:    LimitExceeded,
}

// wireError converts err to the error that is sent to the client. Of a
// landwaiter error it keeps only the message, not that of errors around it.
// withheld reports whether details are missing, and must be logged instead.
func wireError(err error) (wire *Error, withheld bool) {
	if e, ok := errors.AsType[*Error](err); ok {
		return e, false
	}
	if e, ok := errors.AsType[*landwaiter.Error](err); ok && wireCodes[e.Kind] != "" {
		return &Error{Code: wireCodes[e.Kind], Message: e.Message}, false
	}
	return &Error{Code: InternalError, Message: internalMessage}, true
}
