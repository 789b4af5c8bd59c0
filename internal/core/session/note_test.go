package session

import (
	"testing"

	"github.com/ai-session/ai-session/api"
)

// A session made of a spare remembers what its own request asks for, not the spare's.
func TestSpareRemembersWhatWasAskedFor(t *testing.T) {
	m := newManager(t)
	dir := t.TempDir()
	req := &api.CreateRequest{Argv: shellArgv(t, "bash"), Dir: dir, BaseEnv: testEnv(dir)}
	key := m.poolKey(req)
	if !m.pool.ask(key) {
		t.Fatal("no spare is wanted")
	}
	m.spawn(req, key)
	m.pool.mu.Lock()
	made := m.pool.spares[key]
	m.pool.mu.Unlock()
	if made == nil {
		t.Fatal("no spare was made")
	}
	like := *req
	like.Name, like.AIContext, like.TokenLimit = "dev", true, 512
	s, err := m.Create(t.Context(), &like)
	if err != nil {
		t.Fatal(err)
	}
	if s.ID() != made.s.ID() {
		t.Fatal("the spare was not taken")
	}
	if limit, on := s.Remembers(); !on || limit != 512 {
		t.Errorf("limit %d, on %v", limit, on)
	}
	if err := s.Note([]byte("one")); err != nil {
		t.Fatal(err)
	}
	if notes := s.Archive().Notes(); len(notes) != 1 || string(notes[0]) != "one" {
		t.Errorf("notes %q", notes)
	}
}

// Ours are nobody's commands: nobody is told of them, and of the others once.
func TestFinishedTellsOfEveryCommandButOurs(t *testing.T) {
	var told []string
	m := newManager(t)
	m.c.Finished = func(_ *Session, b api.Block) { told = append(told, b.Command+" "+b.Exit.String()) }
	s, _ := start(t, m, shellArgv(t, "bash")...)
	for _, r := range []*api.ExecRequest{{Command: "true"}, {Command: "cd /", Internal: true}, {Command: "(exit 3)"}} {
		if _, err := s.Exec(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	s.mu.Lock() // it is told under the mutex
	defer s.mu.Unlock()
	if len(told) != 2 || told[0] != "true 0" || told[1] != "(exit 3) 3" {
		t.Errorf("told %q", told)
	}
}
