package session

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// programs are those that run in the session beside its shell.
func (s *Session) programs() []api.Program {
	running := []api.Program{}
	p, err := s.pty.Probe()
	if err != nil {
		return running
	}
	s.mu.Lock()
	command := ""
	if s.open != nil && !s.open.block.internal {
		command = s.open.block.command
	}
	s.mu.Unlock()
	for _, m := range p.Members {
		if m.PID == s.pty.Pid() && s.kit != nil || m.Group != p.Foreground {
			continue
		}
		prog := api.Program{PID: m.PID, Name: m.Name, Argv: argvOf(m.PID), Command: command}
		prog.Cwd, _ = os.Readlink("/proc/" + strconv.Itoa(m.PID) + "/cwd") // absent where it cannot be told
		prog.Resume = resumeCommand(prog.Argv)
		running = append(running, prog)
	}
	return running
}

func argvOf(pid int) []string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil || len(b) == 0 {
		return []string{}
	}
	return strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
}

// resumable is how known agents take up a conversation: by its id when their command
// line has one, else the newest of the folder.
var resumable = []struct {
	name   string
	flags  []string // that an id follows
	byID   string
	newest string
}{
	{"claude", []string{"--resume", "-r", "--session-id"}, "claude --resume %s", "claude --continue"},
	{"codex", []string{"resume"}, "codex resume %s", "codex resume --last"},
	{"gemini", []string{"--resume", "-r"}, "gemini --resume %s", "gemini --resume latest"},
	{"opencode", []string{"--session", "-s"}, "opencode --session %s", "opencode --continue"},
}

// resumeCommand is what takes up a program where it was, empty if we know of none.
func resumeCommand(argv []string) string {
	for i, word := range argv {
		if i > 1 {
			break // an interpreter and its script, at most
		}
		for _, r := range resumable {
			if strings.TrimSuffix(filepath.Base(word), filepath.Ext(word)) != r.name {
				continue
			}
			for n := i + 1; n+1 < len(argv); n++ {
				if slices.Contains(r.flags, argv[n]) && !strings.HasPrefix(argv[n+1], "-") {
					return fmt.Sprintf(r.byID, argv[n+1])
				}
			}
			return r.newest
		}
	}
	return ""
}

func programNames(ps []api.Program) string {
	names := make([]string, len(ps))
	for i, p := range ps {
		names[i] = strings.Join(p.Argv, " ")
	}
	return strings.Join(names, "; ")
}
