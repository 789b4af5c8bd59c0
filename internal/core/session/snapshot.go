package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/core/vt"
	"github.com/ai-session/ai-session/internal/persistence"
)

// Files of a snapshot's folder.
const (
	snapshotFile = "snapshot.json"
	screenFile   = "screen" // core/vt's snapshot, history included
	envFile      = "env.json"
	stateFile    = "state" // the shell's own state as its commands
)

// statePatience is how long a shell may take to write its state.
const statePatience = 5 * time.Second

// SaveSnapshot keeps a session's state under a name.
func (m *Manager) SaveSnapshot(ctx context.Context, req *api.SnapshotSaveRequest, auto bool) (*api.Snapshot, error) {
	s, err := m.Find(req.Session)
	if err != nil {
		return nil, err
	}
	snap, files, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	snap.Name, snap.Note, snap.Auto = req.Name, req.Note, auto
	if snap.Name == "" {
		snap.Name = snap.Session + "-" + snap.CreatedAt.Format("20060102-150405.000")
	}
	if files[snapshotFile], err = json.Marshal(snap); err != nil {
		return nil, err
	}
	store := m.c.Store.Snapshots()
	if err := store.Save(snap.Name, files, s.journal.Encrypted()); err != nil {
		return nil, snapshotError(snap.Name, err)
	}
	snap.Bytes = store.Size(snap.Name)
	return snap, nil
}

func snapshotError(name string, err error) error {
	switch {
	case errors.Is(err, persistence.ErrBadID):
		return api.Errorf(api.Invalid, "%q is no name for a snapshot", name).WithHint("1 to 64 of A-Z a-z 0-9 . _ -")
	case errors.Is(err, persistence.ErrExists):
		return api.Errorf(api.Exists, "snapshot %s is there already", name).WithHint("ai-session snapshot delete %s", name)
	case errors.Is(err, persistence.ErrFull):
		return storageError(err)
	case errors.Is(err, fs.ErrNotExist):
		return api.Errorf(api.NotFound, "no snapshot %s", name).WithHint("ai-session snapshot list")
	}
	return err
}

// snapshot gathers a session's state.
func (s *Session) snapshot(ctx context.Context) (*api.Snapshot, map[string][]byte, error) {
	files := map[string][]byte{}
	env := environmentOf(s.pty.Pid())
	state, why := s.shellState(ctx)
	snap := &api.Snapshot{State: "full", Why: why, CreatedAt: time.Now().UTC(), Running: s.programs()}
	switch {
	case state != nil:
		files[stateFile] = state
	case len(env) > 0:
		snap.State = "environment"
	default:
		snap.State = "none"
	}
	data, err := json.Marshal(env)
	if err != nil {
		return nil, nil, err
	}
	files[envFile] = data
	s.mu.Lock()
	defer s.mu.Unlock()
	snap.Session, snap.SessionID, snap.Shell, snap.Argv = s.name, s.c.ID, s.c.Shell, s.c.Argv
	snap.Cwd, snap.Size, snap.Title = s.workingDir(), s.size, s.term.State().Title
	snap.Offset, snap.Blocks, snap.Lines = s.journal.End().Offset, len(s.blocks), s.term.HistoryLines()
	files[screenFile] = s.term.Snapshot()
	return snap, files, nil
}

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

// Snapshot returns a snapshot's description.
func (m *Manager) Snapshot(name string) (*api.Snapshot, error) {
	store := m.c.Store.Snapshots()
	data, err := store.Read(name, snapshotFile)
	if err != nil {
		return nil, snapshotError(name, err)
	}
	snap := &api.Snapshot{}
	if err := json.Unmarshal(data, snap); err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", name, err)
	}
	snap.Name, snap.Bytes = name, store.Size(name)
	return snap, nil
}

// Snapshots lists them by age; session "" is all.
func (m *Manager) Snapshots(session string) (*api.SnapshotList, error) {
	names, err := m.c.Store.Snapshots().Names()
	if err != nil {
		return nil, err
	}
	list := &api.SnapshotList{Snapshots: []api.Snapshot{}}
	for _, name := range names {
		snap, err := m.Snapshot(name)
		if err != nil {
			m.complain(name, err)
			continue
		}
		if session == "" || snap.Session == session || snap.SessionID == session {
			list.Snapshots = append(list.Snapshots, *snap)
		}
	}
	slices.SortStableFunc(list.Snapshots, func(a, b api.Snapshot) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return list, nil
}

// ShowSnapshot returns a snapshot with what is in it.
func (m *Manager) ShowSnapshot(name string) (*api.SnapshotDetail, error) {
	snap, err := m.Snapshot(name)
	if err != nil {
		return nil, err
	}
	d := &api.SnapshotDetail{Snapshot: *snap, Env: api.KV{}}
	store := m.c.Store.Snapshots()
	if b, err := store.Read(name, envFile); err == nil {
		json.Unmarshal(b, &d.Env) // what cannot be read is shown as absent
	}
	if b, err := store.Read(name, stateFile); err == nil {
		d.ShellState = strings.ToValidUTF8(string(b), "\ufffd")
	}
	term, err := m.snapshotScreen(name)
	if err != nil {
		return nil, err
	}
	d.Screen = term.Text(vt.TextOptions{})
	return d, nil
}

func (m *Manager) snapshotScreen(name string) (*vt.Terminal, error) {
	b, err := m.c.Store.Snapshots().Read(name, screenFile)
	if err != nil {
		return nil, snapshotError(name, err)
	}
	t, err := vt.Restore(b)
	if err != nil {
		return nil, api.Errorf(api.Internal, "the screen of snapshot %s: %v", name, err)
	}
	return t, nil
}

// DiffSnapshots tells what changed from one to the other.
func (m *Manager) DiffSnapshots(from, to string) (*api.SnapshotDiff, error) {
	a, err := m.ShowSnapshot(from)
	if err != nil {
		return nil, err
	}
	b, err := m.ShowSnapshot(to)
	if err != nil {
		return nil, err
	}
	d := &api.SnapshotDiff{Changes: []api.Change{}}
	add := func(what, from, to string) {
		if from != to {
			d.Changes = append(d.Changes, api.Change{What: what, From: from, To: to})
		}
	}
	add("cwd", a.Cwd, b.Cwd)
	add("size", a.Size.String(), b.Size.String())
	add("title", a.Title, b.Title)
	names := map[string]bool{}
	for _, env := range []api.KV{a.Env, b.Env} {
		for name := range env {
			names[name] = true
		}
	}
	for _, name := range sortedKeys(names) {
		add("env "+name, a.Env[name], b.Env[name])
	}
	gone, came := lineDiff(a.ShellState, b.ShellState)
	add("state", gone, came)
	add("running", programNames(a.Running), programNames(b.Running))
	add("screen", a.Screen, b.Screen)
	return d, nil
}

func sortedKeys(m map[string]bool) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// lineDiff is the lines that only one of two texts has. The state of a shell is a list
// whose order does not matter.
func lineDiff(a, b string) (onlyA, onlyB string) {
	count := map[string]int{}
	for _, line := range strings.Split(b, "\n") {
		count[line]++
	}
	var gone []string
	for _, line := range strings.Split(a, "\n") {
		if count[line] > 0 {
			count[line]--
		} else {
			gone = append(gone, line)
		}
	}
	var came []string
	for _, line := range strings.Split(b, "\n") {
		if count[line] > 0 {
			count[line]--
			came = append(came, line)
		}
	}
	return strings.Join(gone, "\n"), strings.Join(came, "\n")
}

func programNames(ps []api.Program) string {
	names := make([]string, len(ps))
	for i, p := range ps {
		names[i] = strings.Join(p.Argv, " ")
	}
	return strings.Join(names, "; ")
}

// DeleteSnapshot removes a snapshot.
func (m *Manager) DeleteSnapshot(name string) error {
	if err := m.c.Store.Snapshots().Delete(name); err != nil {
		return snapshotError(name, err)
	}
	return nil
}

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
