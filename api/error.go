package api

import (
	"errors"
	"fmt"
)

// Code is the stable name of what went wrong. A caller chooses by it, never by text.
type Code string

// The codes, with the HTTP status each travels under.
const (
	Invalid            Code = "invalid"             // 400: a value that cannot be right
	UnknownField       Code = "unknown_field"       // 400: a field this version does not have
	Unauthorized       Code = "unauthorized"        // 401: no token, or one that is not known, has expired or was revoked
	Denied             Code = "denied"              // 403: not allowed
	NotFound           Code = "not_found"           // 404: no such session, block or route
	NotAllowed         Code = "method_not_allowed"  // 405: no such method on this route
	Exists             Code = "exists"              // 409: the name is taken
	Busy               Code = "busy"                // 409: the terminal is in use; see Error.Busy
	Dead               Code = "dead"                // 410: the session's program has ended
	InDoubt            Code = "in_doubt"            // 409: the first request under this key may have been carried out
	Changed            Code = "changed"             // 412: not the version that If-Match names
	TooLarge           Code = "too_large"           // 413: over a stated limit
	KeyReused          Code = "key_reused"          // 422: the Idempotency-Key belongs to another request
	UnsupportedProgram Code = "unsupported_program" // 422: exec needs a shell it knows, or a nested program that reads
	Unsupported        Code = "unsupported"         // 501: not on this system, or not as it was started
	CannotStart        Code = "cannot_start"        // 422: the program or folder cannot be used
	NotStarted         Code = "not_started"         // 503: the command was not given to the shell
	Timeout            Code = "timeout"             // 504: what was waited for did not come in time
	Cancelled          Code = "cancelled"           // 499: the caller left
	StorageDegraded    Code = "storage_degraded"    // 507: the disk is full or failing
	Unavailable        Code = "unavailable"         // 503: no daemon, or it is stopping
	Internal           Code = "internal"            // 500: our defect
)

var statuses = map[Code]int{
	Invalid: 400, UnknownField: 400, Unauthorized: 401, Denied: 403, NotFound: 404, NotAllowed: 405,
	Exists: 409, Busy: 409, InDoubt: 409, Dead: 410, Changed: 412, TooLarge: 413,
	UnsupportedProgram: 422, CannotStart: 422, KeyReused: 422, Cancelled: 499, Internal: 500, Unsupported: 501, NotStarted: 503,
	Unavailable: 503, Timeout: 504, StorageDegraded: 507,
}

// Status is the HTTP status a code travels under.
func (c Code) Status() int {
	if s, ok := statuses[c]; ok {
		return s
	}
	return 500
}

// Error is what every operation fails with.
type Error struct {
	Code    Code
	Message string    // what failed, on what
	Hint    string    // what to type next; may be empty
	Busy    *BusyInfo // for code busy: who holds the terminal
	cause   error
}

// BusyInfo says who holds a terminal.
type BusyInfo struct {
	By     string `json:"by"`               // exec, input or program
	Block  string `json:"block,omitempty"`  // the open exec
	Client string `json:"client,omitempty"` // whose input it is
	AgeMS  Millis `json:"age_ms"`           // how long it has been so
}

// Errorf makes an Error.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithHint says what to type next.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// WithCause keeps the error underneath for errors.Is and errors.As.
func (e *Error) WithCause(err error) *Error {
	e.cause = err
	return e
}

func (e *Error) Error() string { return e.Message }

// Unwrap returns the error underneath.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is(err, &Error{Code: c}) compare codes.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Message == "" && t.Code == e.Code
}

// CodeOf returns err's code: Internal for an error that carries none, "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// Problem is an Error on the wire: application/problem+json, RFC 9457.
type Problem struct {
	Type   string    `json:"type"`
	Title  string    `json:"title"`
	Status int       `json:"status"`
	Code   Code      `json:"code"`
	Detail string    `json:"detail"`
	Hint   string    `json:"hint,omitempty"`
	Busy   *BusyInfo `json:"busy,omitempty"`
}

// ProblemOf puts err into wire form.
func ProblemOf(err error) Problem {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Code: Internal, Message: err.Error()}
	}
	return Problem{
		Type: "about:blank", Title: string(e.Code), Status: e.Code.Status(),
		Code: e.Code, Detail: e.Message, Hint: e.Hint, Busy: e.Busy,
	}
}

// Err turns a problem read from the wire back into an Error.
func (p Problem) Err() *Error {
	return &Error{Code: p.Code, Message: p.Detail, Hint: p.Hint, Busy: p.Busy}
}
