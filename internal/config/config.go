package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/ai-session/ai-session/api"
)

// Config is what the user set. The zero value of a field is its default.
type Config struct {
	DefaultShell string  `toml:"default_shell" env:"AI_SESSION_DEFAULT_SHELL" doc:"shell of new sessions; by default $SHELL, else the login shell"`
	TokenLimit   int     `toml:"token_limit" env:"AI_SESSION_TOKEN_LIMIT" doc:"token budget of a session's context"`
	LogLevel     string  `toml:"log_level" env:"AI_SESSION_LOG_LEVEL" doc:"debug, info, warn or error"`
	DetachKey    string  `toml:"detach_key" doc:"prefix key of an attached terminal; by default C-b"`
	Journal      Journal `toml:"journal"`

	Snapshots Snapshots `toml:"snapshots"`
	Storage   Storage   `toml:"storage"`
	Server    Server    `toml:"server"`
	Context   Context   `toml:"context"`
}

// Server is how other machines reach the daemon; by default they do not.
type Server struct {
	Listen string `toml:"listen" doc:"HOST:PORT to serve other machines on, with TLS and tokens; by default none"`
	Cert   string `toml:"cert" doc:"file of the TLS certificate; by default one is made"`
	Key    string `toml:"key" doc:"file of its key"`
	Hosts  string `toml:"hosts" doc:"further names clients may call this daemon by, with commas between them"`
}

// Context is how conversations are kept.
type Context struct {
	Summarizer string `toml:"summarizer" doc:"command that context summarize runs: JSON with messages on stdin, a summary on stdout; by default rules alone"`
}

// Snapshots are the automatic ones.
type Snapshots struct {
	Every string `toml:"every" doc:"keep every session's state this often, for example 10m, and when the machine shuts down; by default never"`
	Keep  int    `toml:"keep" doc:"automatic snapshots kept of each session; by default 3"`
}

// Storage is how much is kept.
type Storage struct {
	Session string `toml:"session" doc:"what one session may take on disk; older output is evicted; by default 256M"`
	Total   string `toml:"total" doc:"what all may take; ended sessions go first, oldest first; by default 16G"`
	Days    int    `toml:"days" doc:"how long ended sessions are kept; by default for as long as there is room"`
	Encrypt bool   `toml:"encrypt" doc:"encrypt what new sessions write to disk"`
	Keys    string `toml:"keys" doc:"what wraps their keys: keyring, passphrase (AI_SESSION_PASSPHRASE), age or file; by default the first that works"`

	Recipients string `toml:"recipients" doc:"age recipients that can open the keys, separated by commas"`
	Identity   string `toml:"identity" doc:"file with the age identity that opens the keys here"`
}

// Journal is what is written of a session.
type Journal struct {
	Input bool   `toml:"input" doc:"keep what is typed while the terminal echoes it"`
	Sync  string `toml:"sync" doc:"always: a finished command survives power loss too; by default at most a second is lost"`
}

// File is the path of config.toml.
func (p Paths) File() string { return filepath.Join(p.Config, "config.toml") }

// Load reads config.toml, then the environment above it. A missing file is an
// empty one.
func Load(p Paths, getenv func(string) string) (Config, error) {
	c, err := LoadFile(p.File())
	if err != nil {
		return c, err
	}
	for _, k := range keys(reflect.TypeFor[Config](), "") {
		if k.env == "" || getenv(k.env) == "" {
			continue
		}
		if err := c.Set(k.name, getenv(k.env)); err != nil {
			return c, err
		}
	}
	return c, nil
}

// LoadFile reads a config.toml.
func LoadFile(path string) (Config, error) {
	var c Config
	meta, err := toml.DecodeFile(path, &c)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, api.Errorf(api.Invalid, "%s: %v", path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return c, api.Errorf(api.UnknownField, "%s: unknown key %s", path, unknown[0]).WithHint("ai-session config list")
	}
	for _, k := range c.Keys() {
		if err := check(k, c.Get(k)); err != nil {
			return c, err
		}
	}
	return c, nil
}

// Save writes c to path, whole or not at all.
func (c Config) Save(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".config-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if err := errors.Join(toml.NewEncoder(tmp).Encode(c), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

type key struct {
	name, env, doc string
	index          []int
}

// keys lists the settings of a struct, nested ones with a dot.
func keys(t reflect.Type, prefix string) []key {
	var all []key
	for i := range t.NumField() {
		f := t.Field(i)
		name := prefix + f.Tag.Get("toml")
		if f.Type.Kind() != reflect.Struct {
			all = append(all, key{name, f.Tag.Get("env"), f.Tag.Get("doc"), []int{i}})
			continue
		}
		for _, k := range keys(f.Type, name+".") {
			k.index = append([]int{i}, k.index...)
			all = append(all, k)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].name < all[j].name })
	return all
}

// Keys names every setting.
func (c Config) Keys() []string {
	var names []string
	for _, k := range keys(reflect.TypeFor[Config](), "") {
		names = append(names, k.name)
	}
	return names
}

// Doc says what a setting does.
func (c Config) Doc(name string) string {
	k, _ := find(name)
	return k.doc
}

// Get returns a setting as text; "" when unset.
func (c Config) Get(name string) string {
	k, err := find(name)
	if err != nil {
		return ""
	}
	v := reflect.ValueOf(c).FieldByIndex(k.index)
	if v.IsZero() {
		return ""
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int:
		return strconv.FormatInt(v.Int(), 10)
	}
	return v.String()
}

// Set changes a setting; empty text puts back its default.
func (c *Config) Set(name, text string) error {
	k, err := find(name)
	if err != nil {
		return err
	}
	v := reflect.ValueOf(c).Elem().FieldByIndex(k.index)
	if text == "" {
		v.SetZero()
		return nil
	}
	if err := check(name, text); err != nil {
		return err
	}
	switch v.Kind() {
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return api.Errorf(api.Invalid, "%s is true or false, not %q", name, text)
		}
		v.SetBool(b)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return api.Errorf(api.Invalid, "%s is a whole number, not %q", name, text)
		}
		v.SetInt(int64(n))
	default:
		v.SetString(text)
	}
	return nil
}

// check refuses a value its setting cannot have.
func check(name, text string) error {
	if text == "" {
		return nil
	}
	switch name {
	case "snapshots.every":
		return new(api.Millis).Set(text)
	case "storage.session", "storage.total":
		return new(api.Bytes).Set(text)
	}
	allowed := map[string]string{"log_level": "debug|info|warn|error", "journal.sync": "always|interval", "storage.keys": "keyring|passphrase|age|file"}[name]
	if allowed == "" || text == "" {
		return nil
	}
	for _, a := range strings.Split(allowed, "|") {
		if text == a {
			return nil
		}
	}
	return api.Errorf(api.Invalid, "%s is one of %s, not %q", name, strings.ReplaceAll(allowed, "|", ", "), text)
}

func find(name string) (key, error) {
	for _, k := range keys(reflect.TypeFor[Config](), "") {
		if k.name == name {
			return k, nil
		}
	}
	return key{}, api.Errorf(api.NotFound, "no setting %q", name).WithHint("ai-session config list")
}
