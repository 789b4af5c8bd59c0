//go:build unix

package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// left makes sessions of the names and takes them from their manager, as a daemon leaves
// them to the next one.
func left(t *testing.T, m *Manager, names ...string) (kept []Kept) {
	t.Helper()
	for _, name := range names {
		dir := t.TempDir()
		s, err := m.Create(context.Background(), &api.CreateRequest{
			Name: name, Argv: shellArgv(t, "bash"), Dir: dir, BaseEnv: testEnv(dir), IdempotencyKey: "key of " + name,
		})
		if err != nil {
			t.Fatal(err)
		}
		run(t, s, "echo "+name)
		master, pid := drop(t, m, s)
		kept = append(kept, Kept{ID: s.ID(), PID: pid, Note: s.note(), File: master})
	}
	return kept
}

func (t *takeover) waits() (ids []string) {
	for _, w := range t.left {
		if !w.begun {
			ids = append(ids, w.kept.ID)
		}
	}
	return ids
}

func TestSessionThatSomebodyWatchesIsTakenUpBeforeTheRest(t *testing.T) {
	m := newManager(t)
	names := []string{"0", "b", "c", "d"}
	kept := left(t, m, names...)
	m.Adopt(kept, func(s *Session) {
		if _, err := m.find(s.ID()); err == nil {
			t.Errorf("%s was found by others first", s.Name())
		}
	})
	for _, c := range []struct {
		what, target, id string
		rest             []string
	}{
		{"by name", "c", kept[2].ID, []string{kept[0].ID, kept[1].ID, kept[3].ID}},
		{"once more", "c", kept[2].ID, []string{kept[0].ID, kept[1].ID, kept[3].ID}},
		{"by id", kept[1].ID, kept[1].ID, []string{kept[0].ID, kept[3].ID}},
		{"nobody's name", "x", "", nil},
	} {
		s, err := m.FindFirst(c.target)
		if idOf(s) != c.id || (err == nil) != (c.id != "") {
			t.Errorf("%s: session %q, %v; want %q", c.what, idOf(s), err, c.id)
		}
		if rest := m.takeover.waits(); !slices.Equal(rest, c.rest) {
			t.Errorf("%s: %q still wait, want %q", c.what, rest, c.rest)
		}
	}
	if a := m.Adopted(); a.Sessions != len(names) || a.Gaps+len(a.Failed) != 0 {
		t.Errorf("%+v", a)
	}
	for _, s := range m.All() {
		if r := run(t, s, "echo again"); out(r) != "again\n" || s.Info().Blocks != 2 || !s.Adopted() {
			t.Errorf("%s goes on with %q: %+v", s.Name(), out(r), s.Info())
		}
	}
}

// While one session is being taken up for somebody who watches, others are only for
// others who watch.
func TestSessionsThatNobodyWatchesWaitForThoseThatSomebodyDoes(t *testing.T) {
	m := newManager(t)
	kept := left(t, m, "a", "b", "c", "d", "e", "f")
	begun, goOn := make(chan struct{}), make(chan struct{})
	taken := make(chan string, len(kept))
	m.Adopt(kept, func(s *Session) {
		taken <- s.Name()
		if s.Name() == "e" {
			close(begun)
			<-goOn
		}
	})
	done := make(chan Adoption)
	go func() { m.FindFirst("e") }()
	<-begun
	go func() { done <- m.Adopted() }()
	for _, name := range []string{"f", "d"} {
		if _, err := m.FindFirst(name); err != nil {
			t.Error(err)
		}
	}
	for _, want := range []string{"e", "f", "d"} {
		if got := <-taken; got != want {
			t.Errorf("%s was taken up before %s", got, want)
		}
	}
	close(goOn)
	if a := <-done; a.Sessions != len(kept) {
		t.Errorf("%+v", a)
	}
}

func idOf(s *Session) string {
	if s == nil {
		return ""
	}
	return s.ID()
}

// Whoever asks for anything else finds all of them, as if there had been no change.
func TestRequestsWaitUntilAllSessionsAreTakenUp(t *testing.T) {
	for _, c := range []struct {
		what string
		ask  func(m *Manager, kept []Kept) error
	}{
		{"its name is taken", func(m *Manager, _ []Kept) error {
			_, err := m.Create(t.Context(), &api.CreateRequest{Name: "0", IdempotencyKey: "another"})
			if e := (*api.Error)(nil); !errors.As(err, &e) || e.Code != api.Exists {
				return fmt.Errorf("create: %v", err)
			}
			return nil
		}},
		{"its number is taken", func(m *Manager, _ []Kept) error {
			s, err := m.Create(t.Context(), &api.CreateRequest{Argv: shellArgv(t, "bash"), BaseEnv: testEnv(t.TempDir())})
			if err == nil && s.Name() != "1" {
				return fmt.Errorf("it is called %s", s.Name())
			}
			return err
		}},
		{"the request that made it comes again", func(m *Manager, kept []Kept) error {
			s, err := m.Create(t.Context(), &api.CreateRequest{Name: "0", IdempotencyKey: "key of 0"})
			if idOf(s) != kept[0].ID {
				return fmt.Errorf("session %q, %v", idOf(s), err)
			}
			return nil
		}},
		{"its past is looked through", func(m *Manager, kept []Kept) error {
			a, err := m.archive(kept[0].ID)
			if err == nil && a.live == nil {
				return errors.New("two have its journal open")
			}
			return err
		}},
		{"they are listed", func(m *Manager, _ []Kept) error {
			if n := len(m.All()); n != 1 {
				return fmt.Errorf("%d sessions", n)
			}
			return nil
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			m := newManager(t)
			kept := left(t, m, "0")
			m.Adopt(kept, nil)
			if err := c.ask(m, kept); err != nil {
				t.Error(err)
			}
		})
	}
}

// A terminal whose journal cannot be read stays where it is; nobody waits for it for ever.
func TestTerminalWithoutAJournalStaysWithTheKeeper(t *testing.T) {
	m := newManager(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	m.Adopt(append(left(t, m, "a"), Kept{ID: "s1a20000000000000000ff", PID: 1, File: r}), nil)
	if _, err := m.FindFirst("s1a20000000000000000ff"); err == nil {
		t.Error("it was found")
	}
	if a := m.Adopted(); a.Sessions != 1 || len(a.Failed) != 1 {
		t.Errorf("%+v", a)
	}
}
