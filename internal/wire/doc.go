// Package wire is how an operation travels: which bytes of an HTTP request are
// which field, how an attached terminal's frames look, and the client's end of both.
//
// Both ends share one codec, so what [EncodeRequest] writes [DecodeRequest] reads.
// A request field nobody declared is refused; text that is not UTF-8 is refused
// too, since JSON would silently replace it.
//
// [Client] implements api.Caller over one kept connection a call at a time. It
// speaks the part of HTTP/1.1 the daemon speaks, in its own few hundred lines:
// net/http costs a command-line program one more millisecond of start-up than the
// whole exec takes. The server's end is httpapi.
package wire
