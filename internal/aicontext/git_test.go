package aicontext

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// repository makes one with a commit and returns what runs git in it.
func repository(t *testing.T) (string, func(...string)) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git on this machine")
	}
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q", "-b", "trunk")
	write(t, dir, "kept.go", "package kept\n")
	git("add", ".")
	git("commit", "-q", "-m", "first")
	return dir, git
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func names(s *api.GitState) string {
	var out []string
	for _, d := range s.Dirty {
		out = append(out, d.Status+" "+d.Path)
	}
	return strings.Join(out, ", ")
}

// settled is the state once git has answered: State itself waits only so long for it.
func settled(t *testing.T, g *Git, dir string, generation int) *api.GitState {
	t.Helper()
	for {
		g.State(t.Context(), dir, generation)
		g.mu.Lock()
		var busy chan struct{}
		if l := g.looks[dir]; l != nil {
			busy = l.busy
		}
		g.mu.Unlock()
		if busy == nil {
			return g.State(t.Context(), dir, generation) // as it was answered
		}
		<-busy
	}
}

func TestGitStateFollowsTheFolder(t *testing.T) {
	dir, git := repository(t)
	var g Git
	s := settled(t, &g, dir, 0)
	if s == nil || s.Branch != "trunk" || len(s.Head) != 9 || s.Changed != 0 {
		t.Fatalf("a clean repository: %+v", s)
	}
	write(t, dir, "kept.go", "package changed\n")
	write(t, dir, "sub/new file.go", "package sub\n")
	if s = settled(t, &g, filepath.Join(dir, "sub"), 0); s == nil || names(s) != "M kept.go, ?? sub/" {
		t.Errorf("from below: %+v", s)
	}
	if s = settled(t, &g, dir, 1); names(s) != "M kept.go, ?? sub/" {
		t.Errorf("after a command: %+v", s)
	}
	git("checkout", "-q", "-b", "topic/one")
	git("add", ".")
	if s = settled(t, &g, dir, 1); s.Branch != "topic/one" || names(s) != "M kept.go, A sub/new file.go" {
		t.Errorf("after an add: %+v", s)
	}
	git("commit", "-q", "-m", "second")
	git("checkout", "-q", "--detach")
	if s = settled(t, &g, dir, 1); s.Branch != "" || s.Head == "" || s.Changed != 0 {
		t.Errorf("detached: %+v", s)
	}
	git("worktree", "add", "-q", filepath.Join(dir, "..", "linked"), "trunk")
	if s = settled(t, &g, filepath.Join(dir, "..", "linked"), 1); s == nil || s.Branch != "trunk" || s.Head == "" {
		t.Errorf("a linked worktree: %+v", s)
	}
	if s := settled(t, &g, t.TempDir(), 0); s != nil {
		t.Errorf("no repository: %+v", s)
	}
}

// A repository's configuration can name programs; looking at it runs none.
func TestGitStateRunsNothingOfTheRepository(t *testing.T) {
	dir, git := repository(t)
	mark := filepath.Join(dir, "ran")
	write(t, dir, ".git/watch", "#!/bin/sh\ntouch '"+mark+"'\n")
	if err := os.Chmod(filepath.Join(dir, ".git", "watch"), 0o700); err != nil {
		t.Fatal(err)
	}
	git("config", "core.fsmonitor", filepath.Join(dir, ".git", "watch"))
	var g Git
	if s := settled(t, &g, dir, 0); s == nil || s.Unknown != "" {
		t.Fatalf("%+v", s)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the repository's file watcher was run")
	}
}

func FuzzStatus(f *testing.F) {
	f.Add([]byte(" M a.go\x00?? new file\x00"))
	f.Add([]byte("R  \x00\x00x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		dirty, changed := parseStatus(b)
		if len(dirty) > changed || len(dirty) > keptDirty || changed > bytes.Count(b, []byte{0})+1 {
			t.Errorf("%d listed of %d in %q", len(dirty), changed, b)
		}
	})
}
