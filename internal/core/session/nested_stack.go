package session

import (
	"iter"
	"path/filepath"
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
)

// A nested command may run a program that reads commands as well: a shell of another user
// in a shell of another machine, a REPL in that. Commands for it stand on top of the one
// that runs it. Only the topmost takes output for its own and is asked for input; a mark
// that ends one below ends what is above it.

// nested are the nested commands, the topmost first.
func (s *Session) nested() iter.Seq[*inner] {
	return func(yield func(*inner) bool) {
		for n := s.inner; n != nil && yield(n); n = n.around {
		}
	}
}

// markedBy finds the nested command of a mark.
func (s *Session) markedBy(token string) *inner {
	for n := range s.nested() {
		if token != "" && (n.Token == token || n.reply == token) {
			return n
		}
	}
	return nil
}

// underWay finds a command that has not ended.
func (s *Session) underWay(number uint64) *execution {
	for n := range s.nested() {
		if n.e.block.number == number {
			return n.e
		}
	}
	if s.open != nil && s.open.block.number == number {
		return s.open
	}
	return nil
}

// innermost is the command that has the terminal.
func (s *Session) innermost() *execution {
	if s.inner != nil {
		return s.inner.e
	}
	return s.open
}

// asks says that a command waits for somebody.
func (s *Session) asks(e *execution) bool {
	if e == nil || s.input == nil && !s.tui {
		return false
	}
	return e == s.open || s.inner != nil && s.inner.e == e && s.inner.asks(s)
}

// asks says that what reads the terminal is not the nested shell itself, back at its
// prompt. A REPL that reads has answered.
func (n *inner) asks(s *Session) bool {
	return n.Token != "" && (n.elsewhere || s.reader != n.PID || s.cursorLine() != n.Prompt)
}

// leaveNested ends the commands whose nested program has ended around them.
func (s *Session) leaveNested() {
	for s.inner != nil {
		s.endInner(api.BlockDead, api.CauseNestedEnded)
	}
}

// takesCommand finds who a nested command can be typed to.
func (s *Session) takesCommand(p pty.Probe) (pty.Member, error) {
	reader, ok := s.nestedReader(p)
	switch {
	case s.closed || s.phase == dead:
		return reader, s.deadError()
	case s.inner != nil && !s.opensTo(reader):
		return reader, s.busy("exec", s.inner.e.block.id(), "", s.inner.e.block.started)
	case !ok:
		return reader, api.Errorf(api.UnsupportedProgram, "no nested program reads the terminal of session %s", s.name).
			WithHint("without --nested the session's own shell runs it; ai-session screen %s", s.name)
	case s.input != nil && s.input.Kind == "password":
		return reader, api.Errorf(api.UnsupportedProgram, "%s asks for a password", reader.Name).
			WithHint("ai-session send %s PASSWORD --key Enter", s.name)
	}
	return reader, nil
}

// opensTo says that a command may be typed to who reads the terminal: while another nested
// one runs, to a program that it runs and that waits. A shell's read is no such program.
func (s *Session) opensTo(reader pty.Member) bool {
	n := s.inner
	if n == nil || n.Token != "" && reader.PID != n.PID {
		return true
	}
	line := s.cursorLine()
	if !carries(reader.Name) || n.Token == "" || line == n.Prompt && !n.elsewhere || line == "" {
		return false
	}
	if last := s.lastInner; last != nil && last.around == n && line == last.Prompt {
		return true // as after the command before
	}
	return s.input != nil && (promptsShell(line) || replOf(line) != "")
}

// drawn says that the prompt of who reads has come. It may be on its way: behind a carrier,
// which reads always, and in the kernel, where nothing tells of what a program has written
// and no reader of the terminal can have yet.
func (s *Session) drawn() bool {
	came := s.cursorLine() != ""
	if last := s.lastInner; last != nil && last.around == s.inner {
		came = came && s.journal.End().Offset > last.endedAt
	}
	return came || time.Since(s.lastOutput) > firstLook
}

// lastOf is the command that ended last where the next one for reader goes; nil if none did.
func (s *Session) lastOf(reader pty.Member) *inner {
	if last := s.lastInner; last != nil && last.PID == reader.PID && last.around == s.inner {
		return last
	}
	return nil
}

// promptsShell knows a shell's prompt by its sign.
func promptsShell(line string) bool {
	for _, sign := range []string{"$", "#", "%", ">", "❯", "➜", "λ", "»"} {
		if strings.HasSuffix(line, sign) {
			return true
		}
	}
	return false
}

// behind is the program that reads commands behind one that only carries the terminal:
// nothing here can see it but by its prompt. A carrier itself stands for a shell, as where
// a shell has just told that it is at its prompt, whatever that looks like.
func (s *Session) behind(reader pty.Member, prompt string) string {
	program := filepath.Base(reader.Name)
	told := false
	if last := s.lastOf(reader); last != nil && last.Token != "" {
		_, told = last.e.block.exit.Code()
	}
	if repl := replOf(prompt); repl != "" && carries(program) && !told {
		return repl
	}
	return program
}

// replOf names the REPL that prompts so.
func replOf(prompt string) string {
	for _, p := range []struct{ prefix, suffix, program string }{
		{"", ">>>", "python3"},
		{"In [", "]:", "ipython"},
		{"irb(", ">", "irb"},
		{"sqlite>", "", "sqlite3"},
		{"mysql>", "", "mysql"},
		{"MariaDB [", ">", "mariadb"},
		{"", "=#", "psql"},
		{"", "=>", "psql"},
		{"(gdb)", "", "gdb"},
		{"(lldb)", "", "lldb"},
		{"(Pdb)", "", "pdb"},
	} {
		if prompt != "" && strings.HasPrefix(prompt, p.prefix) && strings.HasSuffix(prompt, p.suffix) {
			return p.program
		}
	}
	if prompt == ">" {
		return "node"
	}
	return ""
}
