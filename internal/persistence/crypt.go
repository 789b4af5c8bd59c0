package persistence

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// Keys gives sessions their keys: 32 bytes each, known by a number that is not 0.
// Package keys is one.
type Keys interface {
	// NewKey makes a session's key and keeps it, in the session's folder if it
	// likes, so that Key finds it after a crash of the machine.
	NewKey(dir, session string) (id uint32, key []byte, err error)

	// Key is the one that NewKey made.
	Key(dir, session string, id uint32) (key []byte, err error)
}

// ErrKey is wrapped when an encrypted session cannot be opened for want of its
// key. Its files are left as they are.
var ErrKey = errors.New("key missing")

// KeyError says which key is missing and why. It is an ErrKey.
type KeyError struct {
	Session string
	ID      uint32
	Err     error // what the keys said; nil: nobody was asked
}

func (e *KeyError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("session %s is encrypted with key %08x and no keys are open", e.Session, e.ID)
	}
	return fmt.Sprintf("session %s is encrypted with key %08x: %v", e.Session, e.ID, e.Err)
}

// Unwrap is ErrKey and what the keys said.
func (e *KeyError) Unwrap() []error {
	if e.Err == nil {
		return []error{ErrKey}
	}
	return []error{ErrKey, e.Err}
}

// sessionKey is what an encrypted session's segments and small files are sealed with.
type sessionKey struct {
	session string
	id      uint32
	key     []byte
}

const keySize = 32

// newKey makes the key of a session that begins.
func newKey(k Keys, dir, session string) (*sessionKey, error) {
	if k == nil {
		return nil, &KeyError{Session: session}
	}
	id, key, err := k.NewKey(dir, session)
	if err == nil && (id == 0 || len(key) != keySize) {
		err = fmt.Errorf("a key of %d bytes with number %d", len(key), id)
	}
	if err != nil {
		return nil, fmt.Errorf("key for session %s: %w", session, err)
	}
	return &sessionKey{session, id, bytes.Clone(key)}, nil
}

// findKey fetches the key that files of a session were sealed with.
func findKey(k Keys, dir, session string, id uint32) (*sessionKey, error) {
	if k == nil {
		return nil, &KeyError{Session: session, ID: id}
	}
	key, err := k.Key(dir, session, id)
	if err == nil && len(key) != keySize {
		err = fmt.Errorf("a key of %d bytes", len(key))
	}
	if err != nil {
		return nil, &KeyError{Session: session, ID: id, Err: err}
	}
	return &sessionKey{session, id, bytes.Clone(key)}, nil
}

// cipher is AES-256-GCM under a key made for one purpose.
func (k *sessionKey) cipher(salt []byte, purpose string) (cipher.AEAD, error) {
	sub, err := hkdf.Key(sha256.New, k.key, salt, purpose, keySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(sub)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// useKey fetches the journal's key when the first file asks for it. Only Create
// and Open call it.
func (j *Journal) useKey(id uint32) error {
	if j.key != nil && j.key.id == id {
		return nil
	}
	if j.key != nil {
		return &KeyError{Session: j.opts.Session, ID: id, Err: errors.New("the session has another one")}
	}
	k, err := findKey(j.opts.Keys, j.dir, j.opts.Session, id)
	j.key = k
	return err
}

// guardOf is what proves the frames of a segment with this header. The header is
// part of what the key is made from: a frame is valid in its own segment only.
func (j *Journal) guardOf(h *header) (guard, error) {
	g := guard{seed: h.seed()}
	if h.flags&flagEncrypted == 0 {
		return g, nil
	}
	if j.key == nil || j.key.id != h.keyID {
		return g, &KeyError{Session: h.session, ID: h.keyID}
	}
	var err error
	g.aead, err = j.key.cipher(h.salt[:], "ai-session segment 1"+string(h.encode()[:headerSize-crcSize]))
	return g, err
}

// protect marks a header as that of an encrypted segment if the journal has a key.
func (j *Journal) protect(h *header) {
	if j.key != nil {
		h.flags, h.keyID = h.flags|flagEncrypted, j.key.id
	}
}

// An encrypted small file: magic, version, zero, key number, salt, ciphertext, tag.
const smallHead = 32

var smallMagic = [8]byte{0x89, 'A', 'I', 'S', 'E', '\r', '\n', 0x1a}

// smallKey is the number of the key that a small file needs, 0 if it is plain.
func smallKey(b []byte) uint32 {
	if len(b) < smallHead || [8]byte(b[:8]) != smallMagic {
		return 0
	}
	return binary.LittleEndian.Uint32(b[12:])
}

func (k *sessionKey) seal(name string, p []byte) ([]byte, error) {
	b := make([]byte, smallHead, smallHead+len(p)+tagSize)
	copy(b, smallMagic[:])
	binary.LittleEndian.PutUint16(b[8:], version)
	binary.LittleEndian.PutUint32(b[12:], k.id)
	rand.Read(b[16:smallHead]) // never fails: crypto/rand
	c, err := k.cipher(b[16:smallHead], "ai-session file 1 "+k.session+" "+name)
	if err != nil {
		return nil, err
	}
	var once nonce // the salt makes a key for this one message
	return c.Seal(b, once[:], p, b), nil
}

var errSmall = errors.New("not what was written, or sealed for another file")

func (k *sessionKey) open(name string, b []byte) ([]byte, error) {
	if v := binary.LittleEndian.Uint16(b[8:]); v != version {
		return nil, fmt.Errorf("%w: sealed file version %d", ErrUnsupported, v)
	}
	c, err := k.cipher(b[16:smallHead], "ai-session file 1 "+k.session+" "+name)
	if err != nil {
		return nil, err
	}
	var once nonce
	p, err := c.Open(nil, once[:], b[smallHead:], b[:smallHead])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, errSmall)
	}
	return p, nil
}
