package session

import (
	"fmt"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/shell"
)

// A shell reads a command's file and writes its marks through descriptors of its own. One
// that may open few (`ulimit -n 12`) cannot: dash waits for ever, zsh says that the
// command was not found, fish loses its prompt. Nothing gives it more, since a limit that
// was lowered stays low; so it is said.

// filesNeeded is the lowest limit with which every way of running a command was seen to
// work: at the terminal, isolated, with pipes, with standard input, in a pipeline. The
// POSIX shells keep ten for the user's own redirections and save theirs above.
var filesNeeded = map[shell.Kind]uint64{shell.Bash: 8, shell.Fish: 16, shell.Zsh: 20, shell.Sh: 20}

// fewFiles is how many files the shell may open, if that is too few for exec.
func (s *Session) fewFiles() (limit uint64, few bool) {
	if s.kit == nil {
		return 0, false
	}
	limit, known := fileLimit(s.pty.Pid())
	return limit, known && limit < filesNeeded[s.kit.Kind()]
}

// fewFilesError is the answer to an exec that the shell could not run; nil if it can.
func (s *Session) fewFilesError() error {
	limit, few := s.fewFiles()
	if !few {
		return nil
	}
	return api.Errorf(api.NotStarted, "the shell of session %s may open %d files (ulimit -n), and exec needs %d", s.name, limit, filesNeeded[s.kit.Kind()]).
		WithHint("nothing was run; a limit that was lowered stays low: create another session. ai-session send %s TEXT types to this one", s.name)
}

// distrustEnd gives up on a status that zsh may have of our own words: with too few files
// left the line behind the command fails, and its status is what the shell tells.
func (s *Session) distrustEnd(b *block) {
	if s.kit.Kind() != shell.Zsh {
		return
	}
	if _, few := s.fewFiles(); few {
		b.exit, b.signal = api.Exit{}, ""
		b.flag("few_files")
	}
}

// classifyFewFiles: a shell that reads its terminal and could not say that it does.
func (s *Session) classifyFewFiles(p pty.Probe, v *verdict) {
	if v.kind != "" || v.tui || s.open == nil {
		return
	}
	for _, m := range p.Members {
		if m.PID != s.pty.Pid() || !m.ReadingTTY && !m.PollingTTY {
			continue
		}
		if limit, few := s.fewFiles(); few {
			v.kind = "line"
			v.evidence = append(v.evidence, shellReadsEvidence, fmt.Sprintf("it may open %d files, too few to mark its prompt", limit))
		}
	}
}
