// Package keys keeps the keys of encrypted sessions.
//
// Each session has a key of its own, which lies in its folder wrapped: by a key in
// the system's keyring, by a passphrase (argon2id), to age recipients, or by a key
// in a private file. Rotate wraps all of them anew and can be cut off at any
// moment; Shred makes one session unreadable; Report says what protects what, and
// how much that is worth. A wrapped key is bound to its session: copied into
// another folder it opens nothing.
//
// It does not know what is encrypted with the keys: that is persistence. It asks
// nobody for a passphrase: its caller does.
package keys
