package landwaiter

import (
	"errors"
	"fmt"
)

// ErrorKind classifies an error for the caller: the API maps it to a wire
// code, the command line to an exit code, the task engine to "try again" or
// "give up".
type ErrorKind string

// The kinds. Anything that is not an *Error is Internal.
const (
	Internal    ErrorKind = "internal"    // a bug or an unexpected failure; the details are for the operator
	Invalid     ErrorKind = "invalid"     // the caller's input is wrong
	NotFound    ErrorKind = "notfound"    // the named thing does not exist
	Conflict    ErrorKind = "conflict"    // the state forbids it, e.g. already scanning
	Denied      ErrorKind = "denied"      // credentials missing, wrong or too weak
	Unsupported ErrorKind = "unsupported" // a format or feature that is not supported on purpose
	Corrupt     ErrorKind = "corrupt"     // bytes that contradict their digest or format; permanent
	Unavailable ErrorKind = "unavailable" // a source or service does not answer now; a retry may succeed
	TooLarge    ErrorKind = "toolarge"    // a limit was reached
)

// Error is an error with a kind and a message that says what to do.
type Error struct {
	Kind    ErrorKind
	Message string  // shown to the user; without secrets, stack traces and command-line flags
	Err     error   // the cause, for errors.Is; may be nil
	Setting Setting // the setting that it is about; "" for none, see [About]
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an *Error. A %w in the format sets the cause, whose text is
// then part of the message.
func Errorf(kind ErrorKind, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: err.Error(), Err: errors.Unwrap(err)}
}

// KindOf returns the kind of the first *Error in err's chain, Internal if
// there is none, and "" for nil.
func KindOf(err error) ErrorKind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Permanent reports whether err would occur again on a retry.
func Permanent(err error) bool {
	switch KindOf(err) {
	case Invalid, NotFound, Unsupported, Corrupt, TooLarge, Denied:
		return true
	}
	return false
}
