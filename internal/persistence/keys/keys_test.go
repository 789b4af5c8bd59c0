package keys

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age"
)

// drawer is a keyring in memory.
type drawer map[string]string

func (d drawer) Get(s, u string) (string, error) {
	if v, ok := d[s+u]; ok {
		return v, nil
	}
	return "", errors.New("not found")
}
func (d drawer) Set(s, u, p string) error { d[s+u] = p; return nil }
func (d drawer) Delete(s, u string) error { delete(d, s+u); return nil }

// noKeyring is a system without one.
type noKeyring struct{}

func (noKeyring) Get(_, _ string) (string, error) { return "", errors.New("no bus") }
func (noKeyring) Set(_, _, _ string) error        { return errors.New("no bus") }
func (noKeyring) Delete(_, _ string) error        { return errors.New("no bus") }

func phrase(s string) func() ([]byte, error) {
	return func() ([]byte, error) { return []byte(s), nil }
}

// configs is one of each kind.
func configs(t *testing.T) map[Kind]Config {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(path, []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[Kind]Config{
		Keyring:    {Kind: Keyring, Secrets: drawer{}},
		Passphrase: {Kind: Passphrase, Passphrase: phrase("open sesame"), memory: 64},
		Age:        {Kind: Age, Recipients: []string{id.Recipient().String()}, Identity: path},
		File:       {Kind: File},
	}
}

func mustRing(t *testing.T, dir string, c Config) *Ring {
	t.Helper()
	r, err := Open(dir, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sessionDir(t *testing.T, store, id string) string {
	t.Helper()
	dir := filepath.Join(store, "sessions", id)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAKeyOpensAgainInALaterProcess(t *testing.T) {
	for kind, c := range configs(t) {
		t.Run(string(kind), func(t *testing.T) {
			store := t.TempDir()
			dir := sessionDir(t, store, "s1")
			id, key, err := mustRing(t, store, c).NewKey(dir, "s1")
			if err != nil || id == 0 || len(key) != keySize {
				t.Fatal(id, len(key), err)
			}
			r := mustRing(t, store, c)
			got, err := r.Key(dir, "s1", id)
			if err != nil || !bytes.Equal(got, key) {
				t.Fatal(err)
			}
			if _, _, err := r.NewKey(dir, "s1"); err == nil {
				t.Error("a second key took the place of the first")
			}
			if rep := r.Report(); rep.Kind != kind || rep.Sessions != 1 || rep.Waiting != 0 || !rep.Open || (kind == File) != (len(rep.Problems) == 1) {
				t.Errorf("%+v", rep)
			}
			nowherePlain(t, store, key)
			if err := r.Shred(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Key(dir, "s1", id); !errors.Is(err, ErrGone) {
				t.Errorf("after shred: %v", err)
			}
		})
	}
}

func nowherePlain(t *testing.T, dir string, key []byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, key) {
			t.Errorf("%s holds the key", path)
		}
		if info, err := d.Info(); err == nil && info.Mode().Perm() != 0o600 && os.PathSeparator == '/' {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWithoutTheSecretAKeyStaysShut(t *testing.T) {
	all := configs(t)
	for kind, shut := range map[Kind]Config{
		Keyring:    {Secrets: noKeyring{}},
		Passphrase: {Passphrase: phrase("open barley")},
		Age:        {},
		File:       {},
	} {
		t.Run(string(kind), func(t *testing.T) {
			store := t.TempDir()
			dir := sessionDir(t, store, "s1")
			r := mustRing(t, store, all[kind])
			id, _, err := r.NewKey(dir, "s1")
			if err != nil {
				t.Fatal(err)
			}
			if kind == File {
				if err := os.Remove(filepath.Join(store, r.wrapper(r.state.Active).file())); err != nil {
					t.Fatal(err)
				}
			}
			_, err = mustRing(t, store, shut).Key(dir, "s1", id)
			want := map[Kind]error{Keyring: ErrKeyring, Passphrase: ErrPassphrase, File: ErrGone}[kind]
			if err == nil || want != nil && !errors.Is(err, want) {
				t.Errorf("key: %v", err)
			}
			if kind != Passphrase {
				return
			}
			if _, err := mustRing(t, store, Config{}).Key(dir, "s1", id); !errors.Is(err, ErrPassphrase) {
				t.Errorf("without any: %v", err)
			}
		})
	}
}

func TestTheFirstKindThatWorksIsTaken(t *testing.T) {
	recipients := configs(t)[Age].Recipients
	for _, c := range []struct {
		want Kind
		c    Config
	}{
		{Keyring, Config{Secrets: drawer{}, Passphrase: phrase("x"), Recipients: recipients}},
		{Passphrase, Config{Secrets: noKeyring{}, Passphrase: phrase("x"), Recipients: recipients}},
		{Age, Config{Secrets: noKeyring{}, Recipients: recipients}},
		{File, Config{Secrets: noKeyring{}}},
	} {
		if got := mustRing(t, t.TempDir(), c.c).Report().Kind; got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	if _, err := Open(t.TempDir(), Config{Kind: Keyring, Secrets: noKeyring{}}); !errors.Is(err, ErrKeyring) {
		t.Errorf("a keyring that was asked for: %v", err)
	}
}

func TestRotateWrapsAnewAndKeepsTheKeys(t *testing.T) {
	all := configs(t)
	for from, c := range all {
		for to, next := range all {
			t.Run(fmt.Sprint(from, " to ", to), func(t *testing.T) {
				store := t.TempDir()
				r := mustRing(t, store, c)
				ids, keys := map[string]uint32{}, map[string][]byte{}
				for _, s := range []string{"a", "b", "c"} {
					var err error
					if ids[s], keys[s], err = r.NewKey(sessionDir(t, store, s), s); err != nil {
						t.Fatal(err)
					}
				}
				before := r.wrapper(r.state.Active).ID
				if n, err := r.Rotate(next); n != 3 || err != nil {
					t.Fatal(n, err)
				}
				for _, r := range []*Ring{r, mustRing(t, store, next)} {
					for s, id := range ids {
						if k, err := r.Key(sessionDir(t, store, s), s, id); err != nil || !bytes.Equal(k, keys[s]) {
							t.Errorf("key of %s: %v", s, err)
						}
					}
					if rep := r.Report(); rep.Kind != to || rep.Wrapper == before || rep.Sessions != 3 {
						t.Errorf("%+v", rep)
					}
				}
				if _, err := os.Stat(filepath.Join(store, "key-"+before)); err == nil {
					t.Error("the old secret is still there")
				}
			})
		}
	}
}

func TestARotationThatCannotOpenAKeyChangesNothing(t *testing.T) {
	store := t.TempDir()
	c := configs(t)[File]
	r := mustRing(t, store, c)
	a, b := sessionDir(t, store, "a"), sessionDir(t, store, "b")
	id, _, err := r.NewKey(a, "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.NewKey(b, "b"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b, sessionFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Rotate(c); !errors.Is(err, ErrDamaged) {
		t.Errorf("rotate: %v", err)
	}
	if _, err := mustRing(t, store, c).Key(a, "a", id); err != nil {
		t.Error(err)
	}
	if rep := r.Report(); rep.Sessions != 1 || rep.Waiting != 0 {
		t.Errorf("%+v", rep)
	}
}

// A rotation that died half way: both wrappers are there, and the next one ends it.
func TestARotationThatWasCutOffGoesOn(t *testing.T) {
	store := t.TempDir()
	c := configs(t)[File]
	r := mustRing(t, store, c)
	dir := sessionDir(t, store, "a")
	id, key, err := r.NewKey(dir, "a")
	if err != nil {
		t.Fatal(err)
	}
	w, err := r.newWrapper(c)
	if err != nil {
		t.Fatal(err)
	}
	r.state.Wrappers, r.state.Active = append(r.state.Wrappers, w), w.ID
	if err := r.save(); err != nil {
		t.Fatal(err)
	}
	r = mustRing(t, store, c)
	if rep := r.Report(); rep.Waiting != 1 || !strings.Contains(strings.Join(rep.Problems, "; "), "rotate again") {
		t.Errorf("%+v", rep)
	}
	if k, err := r.Key(dir, "a", id); err != nil || !bytes.Equal(k, key) {
		t.Error(err)
	}
	if n, err := r.Rotate(c); n != 1 || err != nil {
		t.Error(n, err)
	}
	if k, err := r.Key(dir, "a", id); err != nil || !bytes.Equal(k, key) || len(r.state.Wrappers) != 1 {
		t.Error(err)
	}
}

func TestAKeyInAnotherSessionsFolderOpensNothing(t *testing.T) {
	for kind, c := range configs(t) {
		store := t.TempDir()
		r := mustRing(t, store, c)
		a, b := sessionDir(t, store, "a"), sessionDir(t, store, "b")
		id, _, err := r.NewKey(a, "a")
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(a, sessionFile))
		if err != nil {
			t.Fatal(err)
		}
		for _, moved := range []string{string(raw), strings.Replace(string(raw), `"session":"a"`, `"session":"b"`, 1)} {
			if err := os.WriteFile(filepath.Join(b, sessionFile), []byte(moved), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := r.Key(b, "b", id); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
}

// Whatever a key's file holds, opening it is an error and never a wrong key.
func FuzzKeyFile(f *testing.F) {
	f.Add([]byte(`{"version":1,"id":"00000001","session":"a","wrapper":"x","wrapped":"AAAA"}`))
	f.Add([]byte(`{`))
	store := f.TempDir()
	r, err := Open(store, Config{Kind: File})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, sessionFile), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Key(dir, "a", 1); err == nil {
			t.Fatal("opened")
		}
	})
}

func TestASystemWithoutAKeyringSaysSo(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only the secret service of linux is reached over a bus that can be led astray")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "nothing"))
	if _, err := Open(t.TempDir(), Config{Kind: Keyring}); !errors.Is(err, ErrKeyring) {
		t.Errorf("asked for: %v", err)
	}
	if rep := mustRing(t, t.TempDir(), Config{}).Report(); rep.Kind != File {
		t.Errorf("%+v", rep)
	}
}
