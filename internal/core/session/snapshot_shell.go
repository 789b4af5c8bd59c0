package session

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/shell"
)

// statePatience is how long a shell may take to write its state.
const statePatience = 5 * time.Second

// environmentOf is the environment that a program was started with; what a shell
// exports since is in its state.
func environmentOf(pid int) api.KV {
	env := api.KV{}
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return env
	}
	for _, kv := range strings.Split(string(b), "\x00") {
		if name, value, ok := strings.Cut(kv, "="); ok && name != "" && !ownVariable(name) {
			env[name] = strings.ToValidUTF8(value, "\ufffd")
		}
	}
	return env
}

// ownVariable says that a variable tells of the session it is in, or is our hook's.
func ownVariable(name string) bool {
	return strings.HasPrefix(name, "AI_SESSION") && name != "AI_SESSION_HOME" || strings.HasPrefix(name, "__ais_") ||
		name == "PROMPT_COMMAND" || name == "ZDOTDIR" || name == "ENV"
}

// shellState asks an idle shell for its variables, functions, aliases and options. The
// answer is text of the shell's own, nil with the reason where there is none.
func (s *Session) shellState(ctx context.Context) (state []byte, why string) {
	if s.kit == nil {
		return nil, "no shell that can tell"
	}
	file := filepath.Join(s.kit.Dir(), "snapshot")
	text := dumpCommand(s.kit.Kind(), file)
	if text == "" {
		return nil, "this shell cannot tell"
	}
	defer os.Remove(file)
	r, err := s.Exec(ctx, &api.ExecRequest{Command: text, TimeoutMS: api.MillisOf(statePatience), Internal: true})
	if err != nil {
		return nil, err.Error()
	}
	if r.State != api.BlockDone {
		return nil, "the shell did not answer: " + string(r.State)
	}
	state, err = os.ReadFile(file)
	if err != nil || len(state) == 0 {
		return nil, "the shell wrote no state"
	}
	return lasting(state), ""
}

// momentary are variables that tell of the moment or of the process, not of the user.
var momentary = map[string]bool{
	"BASH_ARGC": true, "BASH_ARGV": true, "BASH_LINENO": true, "BASH_SOURCE": true, "BASH_CMDS": true, "BASHPID": true,
	"BASH_SUBSHELL": true, "FUNCNAME": true, "PIPESTATUS": true, "RANDOM": true, "SRANDOM": true, "SECONDS": true,
	"EPOCHSECONDS": true, "EPOCHREALTIME": true, "LINENO": true, "PPID": true, "SHLVL": true, "_": true,
	"HISTCMD": true, "TTY": true, "TTYIDLE": true,
}

// lasting leaves out what must not be taken up by another shell.
func lasting(state []byte) []byte {
	var kept bytes.Buffer
	for line := range bytes.Lines(state) {
		if name := declared(string(line)); !momentary[name] && !ownVariable(name) {
			kept.Write(line)
		}
	}
	return kept.Bytes()
}

// declared is the variable that a line of a state declares, empty for any other line.
func declared(line string) string {
	words := strings.Fields(line)
	if len(words) == 0 || !slices.Contains([]string{"declare", "typeset", "export", "readonly", "local"}, words[0]) {
		return ""
	}
	for _, w := range words[1:] {
		if !strings.HasPrefix(w, "-") {
			name, _, _ := strings.Cut(w, "=")
			return name
		}
	}
	return ""
}

// dumpCommand has a shell write its state to a file. $? is what it was before.
func dumpCommand(kind shell.Kind, file string) string {
	switch kind {
	case shell.Bash, shell.Zsh, shell.Sh:
		return fmt.Sprintf("( __ais_y0=$? __ais_z=%s __ais_v0= __ais_f0=; __ais_sd; exit $__ais_y0 ) >/dev/null 2>&1", file)
	case shell.Fish:
		return fmt.Sprintf("begin; for __ais_n in (set -gxn); printf 'set -gx %%s %%s\\n' $__ais_n (string join ' ' -- (string escape -- $$__ais_n)); end;"+
			" for __ais_n in (functions -n | string split ,); functions $__ais_n; end; end >%s 2>/dev/null", file)
	}
	return ""
}

// loadCommand has a shell take up a state; what tells of its own session stays.
func loadCommand(kind shell.Kind, file, id, socket string) string {
	switch kind {
	case shell.Fish:
		return fmt.Sprintf("source %s >/dev/null 2>&1; set -gx AI_SESSION %s; set -gx AI_SESSION_SOCKET '%s'", file, id, socket)
	case shell.Sh:
		return fmt.Sprintf("\\. %s >/dev/null 2>&1; export AI_SESSION=%s AI_SESSION_SOCKET='%s'", file, id, socket)
	}
	return fmt.Sprintf("\\builtin . %s >/dev/null 2>&1; \\export AI_SESSION=%s AI_SESSION_SOCKET='%s'", file, id, socket)
}
