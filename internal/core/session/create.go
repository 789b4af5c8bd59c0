package session

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/charset"
	"github.com/ai-session/ai-session/internal/core/pty"
	"github.com/ai-session/ai-session/internal/core/shell"
	"github.com/ai-session/ai-session/internal/failpoint"
	"github.com/ai-session/ai-session/internal/persistence"
)

// meta is what the store keeps of a session beside its journal.
type meta struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Shell     string    `json:"shell"`
	Argv      []string  `json:"argv"`
	Dir       string    `json:"dir"`
	Size      api.Size  `json:"size"`
	CreatedAt time.Time `json:"created_at"`
	Reports   bool      `json:"allow_reports,omitempty"`
	AIContext bool      `json:"ai_context,omitempty"`
	Limit     int       `json:"token_limit,omitempty"` // of the conversation
	Key       string    `json:"key,omitempty"`         // of the request that made it
	Encrypt   bool      `json:"-"`                     // the journal's header tells
	Encoding  string    `json:"encoding,omitempty"`    // of its programs; empty = UTF-8
	Ended     bool      `json:"ended,omitempty"`       // in order; without it something ended the daemon and the keeper

	FirstBlock uint64 `json:"first_block,omitempty"` // once the session has ended
	LastBlock  uint64 `json:"last_block,omitempty"`
}

// defaultSize is a session's size when nobody's terminal says: what most build logs
// fit in.
var defaultSize = api.Size{Cols: 120, Rows: 40}

// Create starts a session.
func (m *Manager) Create(ctx context.Context, req *api.CreateRequest) (*Session, error) {
	return m.create(ctx, req, nil)
}

// create starts a session that begins with a text of ours.
func (m *Manager) create(ctx context.Context, req *api.CreateRequest, prologue []byte) (*Session, error) {
	if err := checkCreate(req); err != nil {
		return nil, err
	}
	if s := m.madeBy(req.IdempotencyKey); s != nil {
		return s, nil
	}
	name, release, err := m.reserve(req.Name)
	if err != nil {
		return nil, err
	}
	defer release()
	var s *Session
	if prologue == nil {
		s = m.fromPool(ctx, req, name)
	}
	if s == nil {
		if s, err = m.launch(req, name, prologue); err != nil {
			return nil, err
		}
		go m.warm(s, req)
	}
	m.mu.Lock()
	m.sessions[name] = s
	m.mu.Unlock()
	s.notify(api.Event{Kind: "created"})
	return s, nil
}

// minTokenLimit is the smallest conversation that holds a message and a summary.
const minTokenLimit = 256

func checkCreate(req *api.CreateRequest) error {
	if req.Name != "" {
		if err := api.CheckName(req.Name); err != nil {
			return err
		}
	}
	if req.Size != nil {
		if err := req.Size.Check(); err != nil {
			return err
		}
	}
	if req.TokenLimit != 0 && (req.TokenLimit < minTokenLimit || !req.AIContext) {
		return api.Errorf(api.Invalid, "token_limit %d", req.TokenLimit).WithHint("at least %d, and with ai_context", minTokenLimit)
	}
	if req.Encoding != "" {
		if _, err := charset.Find(req.Encoding); err != nil {
			return api.Errorf(api.Invalid, "encoding: %v", err).WithHint("for example latin1, iso-8859-15, shift_jis, euc-jp, gbk, big5, koi8-r, windows-1255, utf-8")
		}
	}
	if req.Shell != "" && len(req.Argv) > 0 {
		return api.Errorf(api.Invalid, "shell and argv are both given").WithHint("name the shell as the program: -- %s", req.Shell)
	}
	for _, a := range append([]string{req.Shell, req.Dir}, req.Argv...) {
		if strings.ContainsRune(a, 0) {
			return api.Errorf(api.Invalid, "%q has a NUL byte", a)
		}
	}
	for _, env := range []api.KV{req.Env, req.BaseEnv} {
		for k, v := range env {
			if k == "" || strings.ContainsAny(k, "=\x00") || strings.ContainsRune(v, 0) {
				return api.Errorf(api.Invalid, "environment variable %q cannot be set", k)
			}
		}
	}
	if req.Dir == "" {
		return nil
	}
	if !filepath.IsAbs(req.Dir) {
		return api.Errorf(api.Invalid, "dir %q is not an absolute path", req.Dir).WithHint("it is a folder on the daemon's machine: give the whole path")
	}
	info, err := os.Stat(req.Dir)
	if err != nil || !info.IsDir() {
		return api.Errorf(api.CannotStart, "no folder %s", req.Dir).WithHint("mkdir -p %s", req.Dir)
	}
	return nil
}

// reserve takes a name for a session to be; an empty one becomes the smallest free
// number, as in tmux. A dead session gives its name up, unless somebody is killing what
// it left behind.
func (m *Manager) reserve(name string) (string, func(), error) {
	m.Adopted()
	m.mu.Lock()
	defer m.mu.Unlock()
	if name == "" {
		for name = strconv.Itoa(m.next); m.sessions[name] != nil || m.taken[name]; name = strconv.Itoa(m.next) {
			m.next++
		}
	}
	old := m.sessions[name]
	if m.taken[name] || old != nil && !(old.Dead() && old.killing.TryLock()) {
		return "", nil, api.Errorf(api.Exists, "session %s is there already", name).
			WithHint("ai-session attach %s, or kill it first", name)
	}
	if old != nil {
		delete(m.sessions, name)
		old.Close() // its program has ended: nothing here waits
		old.killing.Unlock()
		m.letGo(old)
		m.retire(old)
	}
	m.taken[name] = true
	return name, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.taken, name)
	}, nil
}

// launch starts the program and builds the session around it.
func (m *Manager) launch(req *api.CreateRequest, name string, prologue []byte) (*Session, error) {
	id := m.ids.next()
	argv := m.program(req)
	ours := map[string]string{"AI_SESSION": id, "AI_SESSION_SOCKET": m.c.Socket, "AI_SESSION_PANE": "0"}
	if m.c.Owner != "" {
		ours["AI_SESSION_OWNER"] = m.c.Owner
	}
	full := Environment(req.BaseEnv, req.Env, ours)
	kit, err := hook(m.kitDir(id), argv, full, req.Login)
	if err != nil {
		return nil, err
	}
	size := defaultSize
	if req.Size != nil {
		size = *req.Size
	}
	dir := req.Dir
	if dir == "" {
		dir = homeOf(full)
	}
	p := Parts{Kit: kit, Prologue: prologue}
	cmd := pty.Command{
		Path: argv[0], Argv: loginArgv(argv, req.Login && kit == nil), Env: full, Dir: dir,
		Size: pty.Size{Cols: uint16(size.Cols), Rows: uint16(size.Rows)},
		Tree: treeOf(id),
	}
	if kit != nil {
		cmd.Argv, cmd.Env = kit.Command()
	}
	return m.begin(p, cmd, meta{
		ID: id, Name: name, Shell: argv[0], Argv: argv, Dir: dir, Size: size, CreatedAt: time.Now(),
		Reports: req.AllowReports, Key: req.IdempotencyKey, Encrypt: req.Encrypt,
		AIContext: req.AIContext, Limit: req.TokenLimit, Encoding: encodingName(charsetOf(req, full)),
	})
}

// treeOf is how the processes of a session are known, wherever they go.
func treeOf(id string) pty.Tree { return pty.Tree{Marker: "AI_SESSION=" + id, Cgroup: id} }

// kitDir is where a session's commands are written. Its name is the random end of the
// id: the shell's terminal echoes it at every exec, at half a microsecond a letter.
func (m *Manager) kitDir(id string) string { return filepath.Join(m.c.Scratch, id[len(id)-10:]) }

// begin makes the journal and starts the program, both at the same time; on failure it
// leaves nothing.
func (m *Manager) begin(p Parts, cmd pty.Command, d meta) (s *Session, err error) {
	defer func() {
		if err != nil && p.Kit != nil {
			p.Kit.Close()
		}
	}()
	stored := make(chan error, 1)
	go func() {
		data, err := json.Marshal(d)
		if err == nil {
			p.Journal, err = m.c.Store.Create(d.ID, data, persistence.Options{Session: d.ID, Encrypt: d.Encrypt})
		}
		stored <- err
	}()
	p.PTY, err = pty.Start(cmd)
	failed := <-stored
	switch {
	case err != nil && failed == nil:
		err = startError(err, d.Shell, cmd.Dir)
		return nil, errors.Join(err, p.Journal.Close(), m.c.Store.Remove(d.ID))
	case err != nil:
		return nil, startError(err, d.Shell, cmd.Dir)
	case failed != nil:
		p.PTY.Kill(context.Background())
		p.PTY.Close()
		return nil, storageError(failed)
	}
	p.Slot = m.flight.take()
	if s, err = New(p, m.config(d)); err == nil {
		failpoint.Here(failpoint.Started)
		m.hold(s)
		failpoint.Here(failpoint.Held)
	}
	return s, err
}

// madeBy finds the session that a request made before its connection broke.
func (m *Manager) madeBy(key string) *Session {
	if key == "" {
		return nil
	}
	m.Adopted()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.sessions {
		if s.c.Key == key {
			return s
		}
	}
	return nil
}

func (m *Manager) config(d meta) Config {
	return Config{
		ID: d.ID, Name: d.Name, Shell: d.Shell, Dir: d.Dir, Charset: d.charset(), Size: d.Size, CreatedAt: d.CreatedAt,
		AllowReports: d.Reports, Key: d.Key, Argv: d.Argv, Ended: m.hold, AIContext: d.AIContext, TokenLimit: d.Limit, Finished: m.c.Finished,
		Reduce: m.c.Reduce, JournalInput: m.c.JournalInput, SyncAlways: m.c.SyncAlways,
		NextBlock: m.c.Store.NextBlock, Notify: m.c.Notify, Unsynced: m.unsynced, Told: m.touch,
		Complain: func(err error) { m.complain(d.ID, err) },
		pipes:    pipeStore{m.c.Keeper, m.flight},
	}
}

// program is what to run.
func (m *Manager) program(req *api.CreateRequest) []string {
	switch {
	case len(req.Argv) > 0:
		return req.Argv
	case req.Shell != "":
		return []string{req.Shell}
	case m.c.DefaultShell != "":
		return []string{m.c.DefaultShell}
	}
	return []string{DefaultShell(req.BaseEnv)}
}

// hook prepares a shell we know; for any other program it returns nil.
func hook(dir string, argv, env []string, login bool) (*shell.Kit, error) {
	if shell.Detect(argv[0]) == "" {
		return nil, nil
	}
	kit, err := shell.New(shell.Config{Dir: dir, Argv: argv, Login: login, Env: env})
	if errors.Is(err, shell.ErrUnsupported) {
		return nil, nil // a shell that runs a script, say: a program like any other
	}
	if exhausted(err) {
		return nil, unavailable("the shell's hook", err)
	}
	if err != nil {
		return nil, api.Errorf(api.CannotStart, "the shell's hook: %v", err).WithCause(err)
	}
	return kit, nil
}

func loginArgv(argv []string, login bool) []string {
	if !login {
		return argv
	}
	return append([]string{"-" + filepath.Base(argv[0])}, argv[1:]...)
}

// homeOf is the user's folder: HOME, or what Windows calls it.
func homeOf(env []string) string {
	for _, name := range []string{"HOME=", "USERPROFILE="} {
		for _, kv := range env {
			if dir, ok := strings.CutPrefix(kv, name); ok {
				if info, err := os.Stat(dir); err == nil && info.IsDir() {
					return dir
				}
			}
		}
	}
	return string(filepath.Separator)
}

func startError(err error, program, dir string) error {
	switch {
	case errors.Is(err, pty.ErrNotFound):
		return api.Errorf(api.CannotStart, "no program %s", program).WithHint("is it in PATH, and is its interpreter there?").WithCause(err)
	case errors.Is(err, pty.ErrNotExecutable):
		return api.Errorf(api.CannotStart, "%s cannot be executed", program).WithHint("chmod +x %s", program).WithCause(err)
	case errors.Is(err, pty.ErrNoDirectory):
		return api.Errorf(api.CannotStart, "no folder %s", dir).WithCause(err)
	case exhausted(err):
		return unavailable("start "+program, err)
	}
	return api.Errorf(api.CannotStart, "start %s: %v", program, err).WithCause(err)
}

// exhausted tells of an error that fewer sessions, or a daemon that may have more, would mend.
func exhausted(err error) bool {
	for _, out := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EAGAIN, syscall.ENOMEM} {
		if errors.Is(err, out) {
			return true
		}
	}
	return false
}

func unavailable(what string, err error) error {
	return api.Errorf(api.Unavailable, "%s: %v", what, err).
		WithHint("end sessions that nobody needs, or give the daemon more: ai-session doctor").WithCause(err)
}

// meta describes the session for the store.
func (s *Session) meta() meta {
	return meta{ID: s.c.ID, Name: s.name, Shell: s.c.Shell, Argv: s.c.Argv, Dir: s.c.Dir, Size: s.size, CreatedAt: s.c.CreatedAt, Key: s.c.Key, Reports: s.c.AllowReports, AIContext: s.c.AIContext, Limit: s.c.TokenLimit, Encoding: encodingName(s.c.Charset)}
}
