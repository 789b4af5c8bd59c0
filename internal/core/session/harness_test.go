package session

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/persistence"
)

// patience is only a limit on failure: nothing in these tests waits by it.
const patience = 20 * time.Second

// newManager makes a manager in folders of its own.
func newManager(t testing.TB, opts ...persistence.StoreOptions) *Manager {
	t.Helper()
	dir, err := os.MkdirTemp("", "ais")
	if err != nil {
		t.Fatal(err)
	}
	store, err := persistence.OpenStore(filepath.Join(dir, "data"), opts...)
	if err != nil {
		t.Fatal(err)
	}
	scratch := filepath.Join(dir, "scratch")
	if err := os.MkdirAll(scratch, 0o700); err != nil {
		t.Fatal(err)
	}
	m := NewManager(ManagerConfig{Store: store, Scratch: scratch, Socket: filepath.Join(dir, "sock")})
	t.Cleanup(func() {
		m.Close(context.Background())
		store.Close()
		os.RemoveAll(dir)
	})
	return m
}

// testEnv is an environment with nothing of the developer's own in it.
func testEnv(home string) api.KV {
	return api.KV{"HOME": home, "PATH": os.Getenv("PATH"), "LANG": "C.UTF-8", "USER": "tester"}
}

// start creates a session that runs argv in a new folder.
func start(t testing.TB, m *Manager, argv ...string) (*Session, string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Create(context.Background(), &api.CreateRequest{Argv: argv, Dir: dir, BaseEnv: testEnv(dir)})
	if err != nil {
		t.Fatal(err)
	}
	// Before its folder is removed: fish writes there until it ends.
	t.Cleanup(func() { m.Kill(context.Background(), s.ID(), true) })
	return s, dir
}

// shellArgv starts a shell without anybody's rc files, or skips where it is missing.
func shellArgv(t testing.TB, name string) []string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed here", name)
	}
	return map[string][]string{
		"bash": {"bash", "--norc"}, "zsh": {"zsh", "-f"}, "fish": {"fish", "-N"}, "dash": {"dash"},
	}[name]
}

// run executes a command and returns its report with the raw bytes.
func run(t testing.TB, s *Session, command string) *api.Report {
	t.Helper()
	return runAs(t, s, api.ExecRequest{Command: command})
}

// runAs is run for a way other than the session's own terminal.
func runAs(t testing.TB, s *Session, req api.ExecRequest) *api.Report {
	t.Helper()
	command := req.Command
	req.Raw = true
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := s.Exec(ctx, &req)
	if err != nil {
		screen, _ := s.Screen(&api.ScreenRequest{})
		t.Fatalf("exec %.60q: %v\n%+v\n%s", command, err, s.Info(), screen.Content)
	}
	if r.Raw == nil && r.RawBytes > 0 {
		b, err := s.find(s.Last())
		if err != nil {
			t.Fatal(err)
		}
		sp := span{journal: s.journal, from: b.from, to: b.to}
		if r.Raw, err = sp.bytes(); err == nil && b.piped {
			r.Raw, r.RawStderr, err = sp.split(b.runs)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// out is a command's output with the terminal's CR LF read as LF.
func out(r *api.Report) string { return strings.ReplaceAll(string(r.Raw), "\r\n", "\n") }

// marks lists the last marks in a session's journal, to tell why a test failed.
func marks(s *Session) string {
	var all []string
	for f, err := range s.journal.Frames(0) {
		if err == nil && f.Kind == persistence.Mark {
			all = append(all, string(f.Data))
		}
	}
	return strings.Join(all[max(0, len(all)-9):], "\n")
}

func installed(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}
