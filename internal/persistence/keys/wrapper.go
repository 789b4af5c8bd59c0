package keys

import (
	"bytes"
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"
	keyring "github.com/zalando/go-keyring"
	"golang.org/x/crypto/argon2"
)

// wrapper is what keys are wrapped by, without its secret.
type wrapper struct {
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`

	// Passphrase: the parameters of argon2id, and a text wrapped by the key, which
	// tells a wrong passphrase from a damaged key.
	Salt    []byte `json:"salt,omitempty"`
	Time    uint32 `json:"time,omitempty"`
	Memory  uint32 `json:"memory_kib,omitempty"`
	Threads uint8  `json:"threads,omitempty"`
	Check   []byte `json:"check,omitempty"`

	Recipients []string `json:"recipients,omitempty"` // Age
}

const (
	service = "ai-session" // in the keyring

	// RFC 9106, section 4, the second recommended option: 64 MiB, three passes,
	// four lanes. 0.1 s once in the life of a process.
	argonTime, argonMemory, argonThreads = 3, 64 << 10, 4

	// Parameters come from a file: more than this is an attack on memory.
	mostTime, mostMemory = 64, 4 << 20
)

// systemKeyring is that of the user's system.
type systemKeyring struct{}

func (systemKeyring) Get(s, u string) (string, error) { return keyring.Get(s, u) }
func (systemKeyring) Set(s, u, p string) error        { return keyring.Set(s, u, p) }
func (systemKeyring) Delete(s, u string) error        { return keyring.Delete(s, u) }

func (c *Config) secrets() Secrets {
	if c.Secrets == nil {
		return systemKeyring{}
	}
	return c.Secrets
}

// newWrapper makes one, of the kind asked for or the first that works.
func (r *Ring) newWrapper(c Config) (wrapper, error) {
	w := wrapper{ID: newID(), Kind: c.Kind}
	if w.Kind != "" {
		return w, r.begin(&w, c)
	}
	w.Kind = Keyring
	err := r.begin(&w, c)
	if err == nil || !errors.Is(err, ErrKeyring) {
		return w, err
	}
	switch {
	case c.Passphrase != nil:
		w.Kind = Passphrase
	case len(c.Recipients) > 0:
		w.Kind = Age
	default:
		w.Kind = File
	}
	return w, r.begin(&w, c)
}

// begin makes a wrapper's secret and puts it where it is kept.
func (r *Ring) begin(w *wrapper, c Config) error {
	key := make([]byte, keySize)
	rand.Read(key) // never fails: crypto/rand
	switch w.Kind {
	case Keyring:
		if err := c.secrets().Set(service, w.ID, base64.StdEncoding.EncodeToString(key)); err != nil {
			return fmt.Errorf("%w: %w", ErrKeyring, err)
		}
	case Passphrase:
		w.Salt, w.Time, w.Memory, w.Threads = key[:16], argonTime, cmp.Or(c.memory, argonMemory), argonThreads
		var err error
		if key, err = w.derive(c); err != nil {
			return err
		}
		if w.Check, err = sealKey(key, []byte(w.ID), []byte("check")); err != nil {
			return err
		}
	case Age:
		w.Recipients = c.Recipients
		_, err := w.recipients()
		return err
	case File:
		if err := writeFile(r.dir, w.file(), key); err != nil {
			return err
		}
	default:
		return fmt.Errorf("keys cannot be wrapped by %q", w.Kind)
	}
	r.opened[w.ID] = key
	return nil
}

// file is the name of a File wrapper's key.
func (w *wrapper) file() string { return "key-" + w.ID }

// end destroys a wrapper's secret.
func (r *Ring) end(w wrapper) error {
	delete(r.opened, w.ID)
	switch w.Kind {
	case Keyring:
		return r.config.secrets().Delete(service, w.ID)
	case File:
		return shred(filepath.Join(r.dir, w.file()))
	}
	return nil
}

// derive makes a key of the passphrase.
func (w *wrapper) derive(c Config) ([]byte, error) {
	if c.Passphrase == nil {
		return nil, fmt.Errorf("%w needed", ErrPassphrase)
	}
	if w.Time < 1 || w.Time > mostTime || w.Memory < 8 || w.Memory > mostMemory || w.Threads < 1 || len(w.Salt) < 8 {
		return nil, ErrDamaged
	}
	p, err := c.Passphrase()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPassphrase, err)
	}
	if len(p) == 0 {
		return nil, fmt.Errorf("%w is empty", ErrPassphrase)
	}
	return argon2.IDKey(p, w.Salt, w.Time, w.Memory, w.Threads, keySize), nil
}

// secret is the key of a wrapper, asked for once.
func (r *Ring) secret(w *wrapper) ([]byte, error) {
	if key, ok := r.opened[w.ID]; ok {
		return key, nil
	}
	key, err := r.fetch(w)
	if err == nil && len(key) != keySize {
		err = ErrDamaged
	}
	if err != nil {
		return nil, err
	}
	r.opened[w.ID] = key
	return key, nil
}

func (r *Ring) fetch(w *wrapper) ([]byte, error) {
	switch w.Kind {
	case Keyring:
		s, err := r.config.secrets().Get(service, w.ID)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrKeyring, err)
		}
		return base64.StdEncoding.DecodeString(s)
	case Passphrase:
		key, err := w.derive(r.config)
		if err != nil {
			return nil, err
		}
		if _, err := openKey(key, w.Check, []byte("check")); err != nil {
			return nil, fmt.Errorf("%w is wrong", ErrPassphrase)
		}
		return key, nil
	case File:
		key, err := os.ReadFile(filepath.Join(r.dir, w.file()))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", filepath.Join(r.dir, w.file()), ErrGone)
		}
		return key, err
	}
	return nil, fmt.Errorf("wrapper of kind %q", w.Kind)
}

// wrap and unwrap: under the wrapper's key, or as an age file.
func (r *Ring) wrap(w *wrapper, key, binding []byte) ([]byte, error) {
	if w.Kind == Age {
		return w.encryptAge(append(bytes.Clone(key), binding...))
	}
	secret, err := r.secret(w)
	if err != nil {
		return nil, err
	}
	return sealKey(secret, key, binding)
}

func (r *Ring) unwrap(w *wrapper, wrapped, binding []byte) ([]byte, error) {
	if w.Kind == Age {
		p, err := decryptAge(r.config.Identity, wrapped)
		if err != nil {
			return nil, err
		}
		key, ok := bytes.CutSuffix(p, binding)
		if !ok {
			return nil, ErrDamaged
		}
		return key, nil
	}
	secret, err := r.secret(w)
	if err != nil {
		return nil, err
	}
	return openKey(secret, wrapped, binding)
}

func sealKey(secret, key, binding []byte) ([]byte, error) {
	c, err := gcm(secret)
	if err != nil {
		return nil, err
	}
	return c.Seal(nil, nil, key, binding), nil
}

func openKey(secret, wrapped, binding []byte) ([]byte, error) {
	c, err := gcm(secret)
	if err != nil {
		return nil, err
	}
	key, err := c.Open(nil, nil, wrapped, binding)
	if err != nil {
		return nil, ErrDamaged
	}
	return key, nil
}

// gcm is AES-256-GCM with a random nonce in front: a wrapper wraps far fewer than
// 2^32 keys (NIST SP 800-38D, section 8.3).
func gcm(secret []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (w *wrapper) recipients() (all []age.Recipient, err error) {
	if len(w.Recipients) == 0 {
		return nil, errors.New("no age recipient")
	}
	for _, s := range w.Recipients {
		r, err := age.ParseX25519Recipient(s)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func (w *wrapper) encryptAge(p []byte) ([]byte, error) {
	to, err := w.recipients()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	out, err := age.Encrypt(&b, to...)
	if err != nil {
		return nil, err
	}
	if _, err := out.Write(p); err != nil {
		return nil, err
	}
	if err := out.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func decryptAge(identity string, b []byte) ([]byte, error) {
	if identity == "" {
		return nil, errors.New("no age identity was named")
	}
	f, err := os.Open(identity)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ids, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", identity, err)
	}
	r, err := age.Decrypt(bytes.NewReader(b), ids...)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, 4096))
}
