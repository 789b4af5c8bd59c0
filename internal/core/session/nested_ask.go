package session

import (
	"bytes"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/shell"
)

// A nested shell that is back at its prompt without the end's mark has thrown the rest of
// the typed line away, after ^C or a syntax error: its $? still tells how the command
// ended. Or, behind a connection, it is another shell that the command started, with the
// same prompt. It is asked once which of both.

// ask types that question; false where there is nobody to ask. What a program that only
// carries the terminal leads to is asked at the prompt of before alone.
func (s *Session) ask(n *inner, line string) bool {
	if n.reply != "" || n.Token == "" || carries(n.program) && line != n.Prompt {
		return false
	}
	secret := shell.NewSecret()
	typed, err := s.encode(n.typed(n.spelling().ask, secret, n.e.block.number))
	if err != nil {
		return false
	}
	n.reply = shell.IDOf(secret)
	n.asking, n.looking = true, false
	s.setLive()
	s.pump.add(s, typed)
	s.watch.after(s, innerLong, func() {
		if s.inner == n && n.asking {
			n.asking = false
			s.innerEnds()
			s.emit(n.held) // what was typed stays to be seen
		}
	})
	return true
}

// heard takes the question off the screen: the next prompt stands in place of the one that
// it was typed at.
func (s *Session) heard(n *inner) {
	n.held, n.asking = nil, false
	s.synthetic([]byte("\r\x1b[K"))
}

// answered ends the command as the shell's own $? has it.
func (s *Session) answered(n *inner, m shell.Mark) {
	s.heard(n)
	n.e.block.setEnd(m)
	if m.Token == n.reply {
		n.e.block.flag("d_lost")
	}
	n.e.block.to = max(n.e.block.from, n.lastEnd)
	s.endInner(api.BlockDone, "")
}

// runsAnother: the shell that reads is not the one that runs the command, but one that the
// command has started. From here on no prompt is taken for the command's end.
func (s *Session) runsAnother(n *inner) {
	s.heard(n)
	n.elsewhere = true
	s.innerGrew()
}

// inOtherWords types the command once more, in the language of fish where what met it
// complained as fish does, or in that of POSIX where it is fish no more.
func (s *Session) inOtherWords(n *inner) bool {
	if n.reworded || !carries(n.program) || !n.Fish && !bytes.Contains(n.held, []byte("fish: ")) {
		return false
	}
	text, err := s.encode([]byte(n.e.block.command))
	if err != nil {
		return false
	}
	n.reworded, n.Fish = true, !n.Fish
	const clear = "\x15" // ^U: fish leaves what it does not understand in its line
	typed := n.layShell(string(text))
	s.setLive()
	return s.pump.add(s, append([]byte(clear), typed...))
}

// speaksFish says that a nested shell is typed at in the language of fish: it is fish, or
// it was behind the same connection before.
func (s *Session) speaksFish(reader pty.Member) bool {
	last := s.lastOf(reader)
	return reader.Name == "fish" || carries(reader.Name) && last != nil && last.Fish
}
