package shell

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// tokenLen is the length of a secret and of an id: 12 bytes in base64url, 96 bits.
// Guessing either within a session's life is out of reach, and the typed line
// stays short.
const tokenLen = 16

// newSecret returns a fresh secret; crypto/rand never fails on supported systems.
func newSecret() string {
	var b [tokenLen / 4 * 3]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// NewSecret and IDOf make the tokens of marks that another package types.
func NewSecret() string { return newSecret() }

// IDOf is the public name of a secret: what SetLive takes.
func IDOf(secret string) string { return idOf(secret) }

// idOf is the public name of a secret. It is a digest, so that whoever finds the
// id on disk cannot compute the secret that ends the exec.
func idOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:tokenLen/4*3])
}

// appendID is idOf without allocations, for the scanner.
func appendID(dst, secret []byte) []byte {
	sum := sha256.Sum256(secret)
	return base64.RawURLEncoding.AppendEncode(dst, sum[:tokenLen/4*3])
}
