// Package persistence keeps what a session wrote.
//
// A journal is a sequence of segments full of frames; an output byte's offset in
// it never changes, so an offset is a name that may be kept for ever. What Append
// returned survives a crash of the process, what Sync returned a crash of the
// machine. A torn tail is cut at Open and reported, never guessed at; a damaged
// record costs itself, not the file; output that is missing is an error with its
// range, never a short read. The format is docs/journal.md.
//
// Seal compresses finished segments and Evict drops the oldest, both beside a
// session that goes on; what was evicted reads as Evicted. Search looks through
// all of it. With Keys, no output, command or name is on the disk in plain.
//
// It does not know what the bytes mean. Commands are cut out by core/session.
package persistence
