// Package index finds commands without opening the journals they stand in.
//
// It is a SQLite file made from the journals and from nothing else: which session has a
// block, and which commands hold a text. One goroutine writes it, in batches; telling it
// that a session has something new (Touch) never waits and never fails, since what is
// new is read from the journal when its turn comes. An index that is missing, damaged or
// of another version is made again in the background, and whoever asks meanwhile hears
// that it does not know. Nothing may depend on it.
//
// The words of encrypted sessions are left out: of those it keeps numbers, offsets,
// times and exit statuses, never a command or a folder.
//
// What a journal's frames mean is told by a Source: core/session.
package index
