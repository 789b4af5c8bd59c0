package session

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/core/vt"
)

// RestoreSnapshot makes a session of a snapshot: the same program, folder, environment
// and screen, and the state of the shell; on request what was running.
func (m *Manager) RestoreSnapshot(ctx context.Context, req *api.SnapshotRestoreRequest) (*Session, error) {
	snap, err := m.ShowSnapshot(req.Name)
	if err != nil {
		return nil, err
	}
	term, err := m.snapshotScreen(req.Name)
	if err != nil {
		return nil, err
	}
	name := req.As
	if name == "" {
		name = snap.Session
	}
	create := &api.CreateRequest{Name: name, Argv: snap.Argv, BaseEnv: snap.Env, Size: &snap.Size}
	var old Archive
	if before, err := m.Find(snap.SessionID); err == nil {
		old = before.Archive()
	} else if a, err := m.OpenArchive(snap.SessionID); err == nil {
		old = a
		defer a.Release()
	}
	create.AIContext, create.TokenLimit, create.Encoding = old.meta.AIContext, old.meta.Limit, old.meta.Encoding
	create.Dir = pathOf(old.charset, snap.Cwd)
	if info, err := os.Stat(create.Dir); err != nil || !info.IsDir() {
		create.Dir = "" // the folder is gone: the home folder is where a person would begin
	}
	s, err := m.create(ctx, create, prologue(term, snap.CreatedAt))
	if err != nil {
		return nil, err
	}
	if old.meta.AIContext {
		m.inherit(s, old)
	}
	if snap.ShellState != "" && s.kit != nil {
		if err := s.takeUp(ctx, snap.ShellState, m.c.Socket); err != nil {
			m.complain(s.ID(), fmt.Errorf("its state was not taken up: %w", err))
		}
	}
	if req.Rerun {
		return s, s.rerun(ctx, snap.Running)
	}
	return s, nil
}

// takeUp has the shell read a state, from a file beside its commands.
func (s *Session) takeUp(ctx context.Context, state, socket string) error {
	file := filepath.Join(s.kit.Dir(), "restore")
	if err := os.WriteFile(file, []byte(state), 0o600); err != nil {
		return err
	}
	defer os.Remove(file)
	text := loadCommand(s.kit.Kind(), shell.Quote(file), s.ID(), socket)
	_, err := s.Exec(ctx, &api.ExecRequest{Command: text, TimeoutMS: api.MillisOf(statePatience), Queue: true, Internal: true})
	return err
}

// prologue shows a screen of the past above what begins now.
func prologue(term *vt.Terminal, at time.Time) []byte {
	text := term.Text(vt.TextOptions{History: -1, JoinWrapped: true})
	if len(text) > maxPrologue {
		text = text[len(text)-maxPrologue:]
		text = text[strings.IndexByte(text, '\n')+1:]
	}
	text = strings.ReplaceAll(text, "\n", "\r\n")
	return fmt.Appendf(nil, "%s\r\n\x1b[2m[restored from %s]\x1b[m\r\n", text, at.Format(time.RFC3339))
}

// maxPrologue bounds the text of the past that a restored session begins with.
const maxPrologue = 1 << 20

// rerun starts again what was running: an agent at its own conversation, anything else
// by the command that ran it.
func (s *Session) rerun(ctx context.Context, running []api.Program) error {
	if s.kit == nil {
		return nil // the session's own program is running again
	}
	for _, p := range running {
		text := p.Resume
		if text == "" {
			text = p.Command
		}
		if text == "" && len(p.Argv) > 0 {
			text = s.kit.Kind().Words(p.Argv)
		}
		if text == "" {
			continue
		}
		_, err := s.Exec(ctx, &api.ExecRequest{Command: text, Background: true, Queue: true})
		return err // one terminal, one program
	}
	return nil
}
