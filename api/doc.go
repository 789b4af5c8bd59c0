// Package api is the vocabulary of ai-session: every operation, declared once,
// and every type that crosses the wire.
//
// An [Op] names its request and result types, its HTTP route, its command-line
// word, the capability it needs and the verb it is audited under. Routes,
// decoding, flags, help and the Go client follow from that declaration through
// the request's struct tags; no face repeats it. [Caller] is the one hinge: the
// daemon implements it, and so does the client, so what wraps a Caller
// (authorisation, limits, audit, metrics) is written once.
//
// JSON only grows: an unknown field of a request is refused, an unknown field of
// an answer is skipped. The package depends on the standard library alone and
// starts nothing.
package api
