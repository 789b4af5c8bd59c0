package config

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// env is an environment of these variables alone.
func env(kv ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(kv); i += 2 {
			if kv[i] == name {
				return kv[i+1]
			}
		}
		return ""
	}
}

func TestHomePutsEverythingBelowOneFolder(t *testing.T) {
	home, err := os.MkdirTemp("", "ais")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	p, err := Find(env("AI_SESSION_HOME", home))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{p.Config, p.Data, p.Runtime, p.Socket, p.File()} {
		if !strings.HasPrefix(dir, home) {
			t.Errorf("%s is not below %s", dir, home)
		}
	}
}

func TestSocketPathFitsWhereTheHomeIsDeep(t *testing.T) {
	p, err := Find(env("AI_SESSION_HOME", filepath.Join(t.TempDir(), strings.Repeat("deep/", 40))))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Socket) > maxSocket {
		t.Errorf("%d bytes: %s", len(p.Socket), p.Socket)
	}
}

func TestTheSocketIsWhereNobodyTidies(t *testing.T) {
	data := filepath.Join("home", "data")
	for _, c := range []struct {
		system, xdg string
		below       string
	}{
		{"darwin", "", data},
		{"windows", "", data},
		{"windows", "run", "run"},
		{"linux", "run", "run"},
	} {
		if got := runtimeDir(c.system, env("XDG_RUNTIME_DIR", c.xdg), data); filepath.Dir(got) != c.below {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestHomesThatDifferShareNoSocketAndNoScratch(t *testing.T) {
	a, errA := Find(env("AI_SESSION_HOME", "/home/a"))
	b, errB := Find(env("AI_SESSION_HOME", "/home/b"))
	if errA != nil || errB != nil || a.Socket == b.Socket || a.Scratch == b.Scratch {
		t.Errorf("%+v %v\n%+v %v", a, errA, b, errB)
	}
}

func TestPrivateFoldersAreClosedToOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes do not say who may read on Windows")
	}
	dir := filepath.Join(t.TempDir(), "open")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := Private(dir); err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v", info.Mode())
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := Private(link); err == nil {
		t.Error("a link was taken for a private folder")
	}
}

func TestSettingsComeFromTheFileAndTheEnvironmentAboveIt(t *testing.T) {
	home := t.TempDir()
	p, err := Find(env("AI_SESSION_HOME", home))
	if err != nil {
		t.Fatal(err)
	}
	var c Config
	for name, value := range map[string]string{"default_shell": "/bin/zsh", "token_limit": "5000", "journal.input": "true", "journal.sync": "always"} {
		if err := c.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Save(p.File()); err != nil {
		t.Fatal(err)
	}
	got, err := Load(p, env("AI_SESSION_DEFAULT_SHELL", "/bin/dash"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"default_shell": "/bin/dash", "token_limit": "5000", "journal.input": "true", "journal.sync": "always", "log_level": ""} {
		if v := got.Get(name); v != want {
			t.Errorf("%s is %q, want %q", name, v, want)
		}
	}
}

func TestWrongSettingsAreNamed(t *testing.T) {
	for _, c := range []struct {
		file string
		code api.Code
		says string
	}{
		{"defautl_shell = \"x\"\n", api.UnknownField, "defautl_shell"},
		{"log_level = \"loud\"\n", api.Invalid, "log_level"},
		{"token_limit = \"many\"\n", api.Invalid, "token_limit"},
		{"= broken", api.Invalid, "config.toml"},
	} {
		path := filepath.Join(t.TempDir(), "config.toml")
		if err := os.WriteFile(path, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadFile(path); api.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, want %s about %s", c.file, err, c.code, c.says)
		}
	}
	var s Config
	for name, value := range map[string]string{"nope": "1", "token_limit": "-1", "journal.input": "perhaps", "journal.sync": "never"} {
		if err := s.Set(name, value); err == nil {
			t.Errorf("%s=%s was taken", name, value)
		}
	}
}
