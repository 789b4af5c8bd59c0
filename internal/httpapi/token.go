package httpapi

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
)

// Token is what is kept of a token: never the secret, of which only a hash is there.
type Token struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Hash      string     `json:"hash"` // SHA-256 of the secret, which has 256 random bits
	Scopes    []string   `json:"scopes"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

func (t Token) expired() bool { return t.ExpiresAt != nil && time.Now().After(*t.ExpiresAt) }

// Tokens is the file of tokens. A daemon that is running heeds a change at once.
type Tokens struct {
	path string

	mu    sync.Mutex // guards what follows
	list  []Token
	stamp time.Time // of the file that list was read from
	size  int64
}

// OpenTokens names the file; it need not exist.
func OpenTokens(dir string) *Tokens { return &Tokens{path: filepath.Join(dir, "tokens.json")} }

// tokenPrefix makes a token known for what it is, to people and to secret scanners.
const tokenPrefix = "ais_"

// Scopes are the capabilities that operations need, and "*" for all of them.
func Scopes() []string {
	all := []string{"*"}
	for _, op := range api.All() {
		if !slices.Contains(all, op.Capability) {
			all = append(all, op.Capability)
		}
	}
	return all
}

// Create makes a token; the text it returns is shown once and kept nowhere.
func (t *Tokens) Create(name string, scopes []string, life time.Duration) (text string, made Token, err error) {
	for _, s := range scopes {
		if !slices.Contains(Scopes(), s) {
			return "", made, api.Errorf(api.Invalid, "no scope %q", s).WithHint("one of %s", strings.Join(Scopes(), ", "))
		}
	}
	if len(scopes) == 0 {
		return "", made, api.Errorf(api.Invalid, "a token without scopes allows nothing").WithHint("--scope read --scope exec")
	}
	if err := api.CheckName(name); err != nil {
		return "", made, err
	}
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	made = Token{ID: hex.EncodeToString(secret[:4]), Name: name, Scopes: scopes, CreatedAt: time.Now().UTC().Truncate(time.Second)}
	rand.Read(secret) // the id tells nothing of it
	if life > 0 {
		end := made.CreatedAt.Add(life)
		made.ExpiresAt = &end
	}
	word := base64.RawURLEncoding.EncodeToString(secret)
	made.Hash = hashOf(word)
	return tokenPrefix + made.ID + "_" + word, made, t.change(func(list []Token) ([]Token, error) {
		if slices.ContainsFunc(list, func(o Token) bool { return o.Name == name }) {
			return nil, api.Errorf(api.Exists, "there is a token %q", name).WithHint("ai-session token revoke %s", name)
		}
		return append(list, made), nil
	})
}

func hashOf(word string) string {
	sum := sha256.Sum256([]byte(word))
	return hex.EncodeToString(sum[:])
}

// List returns the tokens, oldest first.
func (t *Tokens) List() ([]Token, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.read(); err != nil {
		return nil, err
	}
	return slices.Clone(t.list), nil
}

// Revoke ends a token, by name or id.
func (t *Tokens) Revoke(name string) error {
	return t.change(func(list []Token) ([]Token, error) {
		left := slices.DeleteFunc(slices.Clone(list), func(o Token) bool { return o.Name == name || o.ID == name })
		if len(left) == len(list) {
			return nil, api.Errorf(api.NotFound, "no token %q", name).WithHint("ai-session token list")
		}
		return left, nil
	})
}

// Check returns what a token allows. Why it does not is the same for one that never
// was, has expired, or was revoked.
func (t *Tokens) Check(text string) (*Grant, error) {
	refused := api.Errorf(api.Unauthorized, "no valid token").WithHint("ai-session token create NAME, on the daemon's machine")
	rest, ok := strings.CutPrefix(text, tokenPrefix)
	id, word, ok2 := strings.Cut(rest, "_")
	if !ok || !ok2 {
		return nil, refused
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.read(); err != nil {
		return nil, err
	}
	hash := hashOf(word)
	for _, o := range t.list {
		if o.ID == id && subtle.ConstantTimeCompare([]byte(o.Hash), []byte(hash)) == 1 && !o.expired() {
			return &Grant{ID: o.ID, Capabilities: o.Scopes}, nil
		}
	}
	return nil, refused
}

// read takes the file in when it has changed; the caller holds mu.
func (t *Tokens) read() error {
	info, err := os.Stat(t.path)
	if errors.Is(err, fs.ErrNotExist) {
		t.list, t.stamp, t.size = nil, time.Time{}, 0
		return nil
	}
	if err != nil {
		return err
	}
	if info.ModTime().Equal(t.stamp) && info.Size() == t.size {
		return nil
	}
	b, err := os.ReadFile(t.path)
	if err != nil {
		return err
	}
	var list []Token
	if err := json.Unmarshal(b, &list); err != nil {
		return api.Errorf(api.Invalid, "%s: %v", t.path, err)
	}
	t.list, t.stamp, t.size = list, info.ModTime(), info.Size()
	return nil
}

// change writes the file anew, whole or not at all.
func (t *Tokens) change(edit func([]Token) ([]Token, error)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.read(); err != nil {
		return err
	}
	list, err := edit(t.list)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(t.path), 0o700); err != nil {
		return err
	}
	tmp := t.path + ".tmp"
	if err := os.WriteFile(tmp, append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, t.path)
}
