// Package httpapi serves the operations over HTTP: one route each, from the table
// in api.
//
// Answers are JSON, failures problem+json (RFC 9457) with a stable code. A stream
// of records travels as one JSON value a line, raw output as bytes, and a stream
// that fails half-way says so in a trailer, so a short answer is never mistaken for
// a whole one. Attach is an HTTP/1.1 upgrade to the frames of package wire.
//
// On a unix socket the peer's uid is the key: [PeerListener] closes what another
// user opened. What an operation does is the Caller's business.
//
// The owner's own clients write their requests in one form. Unary ones of that form are
// answered on the connection's goroutine, all others by net/http; the answers are the
// same.
package httpapi
