package keys

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
)

// Kind says what wraps the keys.
type Kind string

// The kinds, in the order in which they are tried when none is asked for.
const (
	Keyring    Kind = "keyring"    // a key in the system's keyring
	Passphrase Kind = "passphrase" // a key made of a passphrase
	Age        Kind = "age"        // age recipients
	File       Kind = "file"       // a key in a file that only its owner reads
)

var (
	// ErrGone is wrapped when a session's key was shredded, or never was there.
	ErrGone = errors.New("the key is gone")

	// ErrPassphrase is wrapped when a passphrase is needed, or wrong.
	ErrPassphrase = errors.New("passphrase")

	// ErrKeyring is wrapped when the system's keyring does not answer.
	ErrKeyring = errors.New("keyring")

	// ErrDamaged is wrapped when a file of keys is not what was written.
	ErrDamaged = errors.New("damaged")
)

// Config says how keys are wrapped, and how they can be opened.
type Config struct {
	Kind       Kind                   // "" = what the store has; for a new one the first that works
	Passphrase func() ([]byte, error) // asked once, when the first key is needed
	Recipients []string               // age1...: who can open the keys
	Identity   string                 // file with age identities that open them
	Secrets    Secrets                // nil = the system's keyring

	memory uint32 // of argon2id, in KiB; 0 = argonMemory: tests take less
}

// Secrets is a keyring.
type Secrets interface {
	Get(service, user string) (string, error)
	Set(service, user, secret string) error
	Delete(service, user string) error
}

const (
	ringFile    = "keys.json" // in the store's folder
	sessionFile = "key.json"  // in a session's
	keySize     = 32
	version     = 1
)

// Ring is a store's keys. Its methods may be called at the same time.
type Ring struct {
	dir string

	mu     sync.Mutex // guards what follows; held while files are written
	config Config
	state  ringState
	opened map[string][]byte // keys of wrappers by their id, once they were needed
}

// ringState is keys.json.
type ringState struct {
	Version  int       `json:"version"`
	Active   string    `json:"active"`
	Wrappers []wrapper `json:"wrappers"` // two of them while keys are wrapped anew
}

// sessionKey is key.json.
type sessionKey struct {
	Version int    `json:"version"`
	ID      string `json:"id"`
	Session string `json:"session"`
	Wrapper string `json:"wrapper"`
	Wrapped []byte `json:"wrapped"`
}

// Open opens the keys of the store in dir, or makes the first wrapper there.
func Open(dir string, c Config) (*Ring, error) {
	r := &Ring{dir: dir, config: c, opened: map[string][]byte{}}
	b, err := os.ReadFile(filepath.Join(dir, ringFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		w, err := r.newWrapper(c)
		if err != nil {
			return nil, fmt.Errorf("keys in %s: %w", dir, err)
		}
		r.state = ringState{Version: version, Active: w.ID, Wrappers: []wrapper{w}}
		return r, r.save()
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(b, &r.state); err != nil || r.wrapper(r.state.Active) == nil {
		return nil, fmt.Errorf("keys in %s: %w", dir, ErrDamaged)
	}
	if r.state.Version != version {
		return nil, fmt.Errorf("keys in %s: version %d is newer than this program", dir, r.state.Version)
	}
	if have := r.wrapper(r.state.Active).Kind; c.Kind != "" && c.Kind != have {
		return nil, fmt.Errorf("keys in %s are wrapped by %s, not by %s: rotate them", dir, have, c.Kind)
	}
	return r, nil
}

func (r *Ring) save() error {
	b, err := json.MarshalIndent(&r.state, "", "\t")
	if err != nil {
		return err
	}
	return writeFile(r.dir, ringFile, append(b, '\n'))
}

func (r *Ring) wrapper(id string) *wrapper {
	i := slices.IndexFunc(r.state.Wrappers, func(w wrapper) bool { return w.ID == id })
	if i < 0 {
		return nil
	}
	return &r.state.Wrappers[i]
}

// NewKey makes a key for a session and keeps it wrapped in its folder; both are on
// the disk when it returns.
func (r *Ring) NewKey(dir, session string) (uint32, []byte, error) {
	var random [4]byte
	key := make([]byte, keySize)
	rand.Read(key) // never fails: crypto/rand
	rand.Read(random[:])
	id := max(binary.LittleEndian.Uint32(random[:]), 1)
	if _, err := os.Lstat(filepath.Join(dir, sessionFile)); err == nil {
		return 0, nil, fmt.Errorf("session %s has a key already", session)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := sessionKey{Version: version, ID: fmt.Sprintf("%08x", id), Session: session}
	return id, key, r.keep(dir, s, key)
}

// keep wraps a key by the active wrapper and writes it.
func (r *Ring) keep(dir string, s sessionKey, key []byte) (err error) {
	s.Wrapper = r.state.Active
	if s.Wrapped, err = r.wrap(r.wrapper(s.Wrapper), key, s.binding()); err != nil {
		return err
	}
	b, err := json.Marshal(&s)
	if err != nil {
		return err
	}
	return writeFile(dir, sessionFile, append(b, '\n'))
}

// binding is what a wrapped key is tied to.
func (s *sessionKey) binding() []byte {
	return []byte("ai-session key 1\x00" + s.Session + "\x00" + s.ID)
}

// Key opens the key that NewKey made.
func (r *Ring) Key(dir, session string, id uint32) ([]byte, error) {
	s, err := readSession(dir)
	if err != nil {
		return nil, err
	}
	if s.Session != session || s.ID != fmt.Sprintf("%08x", id) {
		return nil, fmt.Errorf("key %s of session %s lies in its folder: %w", s.ID, s.Session, ErrDamaged)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.key(s)
}

func (r *Ring) key(s sessionKey) ([]byte, error) {
	w := r.wrapper(s.Wrapper)
	if w == nil {
		return nil, fmt.Errorf("key %s is wrapped by %q, which this store does not have", s.ID, s.Wrapper)
	}
	key, err := r.unwrap(w, s.Wrapped, s.binding())
	if err == nil && len(key) != keySize {
		err = ErrDamaged
	}
	if err != nil {
		return nil, fmt.Errorf("key %s, wrapped by %s: %w", s.ID, w.Kind, err)
	}
	return key, nil
}

func readSession(dir string) (s sessionKey, err error) {
	b, err := os.ReadFile(filepath.Join(dir, sessionFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s, ErrGone
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil || s.Version != version {
		return s, fmt.Errorf("%s: %w", filepath.Join(dir, sessionFile), ErrDamaged)
	}
	return s, nil
}

// writeFile puts a whole file in place of another and makes it durable.
func writeFile(dir, name string, b []byte) error {
	tmp := filepath.Join(dir, "."+name)
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	if err := os.Rename(tmp, filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" { // NTFS journals names, and folders cannot be flushed
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func newID() string {
	var b [6]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
