package session

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/shell"
)

// A shell whose rc files take long is started ahead: when a session like one that was
// just made is asked for, it is there, at its prompt. Only its folder differs, and the
// shell is told to go there. An rc file can notice nothing but its parent and the time.

const (
	slowStart  = 50 * time.Millisecond // a start that takes longer is worth a spare
	spareLife  = 5 * time.Minute
	mostSpares = 4
)

// pool holds the spares: at most one for each kind of session.
type pool struct {
	mu     sync.Mutex // guards what follows
	spares map[string]*spare
	asked  map[string]bool // being started
	closed bool
}

type spare struct {
	s     *Session
	dir   string
	timer *time.Timer
}

// rcFiles are what shells read at their start, below the home folder and elsewhere.
var rcFiles = []string{
	".bashrc", ".bash_profile", ".bash_login", ".profile", ".bash_aliases", ".inputrc",
	".zshenv", ".zprofile", ".zshrc", ".zlogin", ".config/fish/config.fish", ".shrc", ".kshrc",
	"/etc/profile", "/etc/bash.bashrc", "/etc/bashrc", "/etc/zsh/zshrc", "/etc/zsh/zshenv", "/etc/fish/config.fish",
}

// movable are shells that moveTo can send to another folder.
var movable = map[shell.Kind]bool{shell.Bash: true, shell.Zsh: true, shell.Fish: true, shell.Sh: true}

// poolKey tells sessions apart that a spare must not be mistaken for. Empty: none is
// wanted.
func (m *Manager) poolKey(req *api.CreateRequest) string {
	argv := m.program(req)
	if req.Encrypt || req.AllowReports || req.Encoding != "" || !movable[shell.Detect(argv[0])] {
		return ""
	}
	env := Environment(req.BaseEnv, req.Env, nil)
	env = slices.DeleteFunc(env, func(kv string) bool {
		return strings.HasPrefix(kv, "PWD=") || strings.HasPrefix(kv, "OLDPWD=") // the folder's
	})
	slices.Sort(env)
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %v %v\n", argv, env, req.Login, req.Size)
	home := homeOf(env)
	files := slices.Clone(rcFiles)
	for _, arg := range argv[1:] {
		switch {
		case filepath.IsAbs(arg):
			files = append(files, arg) // as behind --rcfile
		case !strings.HasPrefix(arg, "-"):
			return "" // it may name a file of the session's folder
		}
	}
	for _, name := range files {
		if !filepath.IsAbs(name) {
			name = filepath.Join(home, name)
		}
		if info, err := os.Stat(name); err == nil {
			fmt.Fprintf(h, "%s %d %d\n", name, info.ModTime().UnixNano(), info.Size())
		}
	}
	return string(h.Sum(nil))
}

// fromPool makes a session of a spare; nil if there is none that fits. What it takes to
// tell is looked at only where there are spares: most creates find none.
func (m *Manager) fromPool(ctx context.Context, req *api.CreateRequest, name string) *Session {
	if m.pool.empty() {
		return nil
	}
	key := m.poolKey(req)
	sp := m.pool.take(key)
	if sp == nil {
		return nil
	}
	if m.pool.ask(key) { // whoever needed one may need another
		go m.spawn(req, key)
	}
	s := sp.s
	dir := req.Dir
	if dir == "" {
		dir = homeOf(Environment(req.BaseEnv, req.Env, nil))
	}
	if err := s.moveTo(ctx, sp.dir, dir); err != nil || s.Dead() {
		m.discard(s)
		return nil
	}
	s.mu.Lock()
	s.name, s.c.Name, s.c.Dir, s.c.Key, s.c.CreatedAt = name, name, dir, req.IdempotencyKey, time.Now()
	s.c.AIContext, s.c.TokenLimit = req.AIContext, req.TokenLimit
	d := s.meta()
	s.mu.Unlock()
	data, err := json.Marshal(d)
	if err == nil {
		err = m.c.Store.SetMeta(d.ID, data)
	}
	if err != nil {
		m.discard(s)
		return nil
	}
	return s
}

// moveTo has an idle shell change its folder, and forget the one before.
func (s *Session) moveTo(ctx context.Context, from, dir string) error {
	if from == dir {
		return nil
	}
	text := `\cd -- ` + shell.Quote(dir) + ` && unset OLDPWD`
	if s.kit.Kind() == shell.Fish {
		text = "builtin cd -- " + shell.Quote(dir) // which remembers no folder before
	}
	r, err := s.Exec(ctx, &api.ExecRequest{Command: text, TimeoutMS: api.MillisOf(time.Second), Internal: true})
	if err != nil {
		return err
	}
	if code, known := r.Exit.Code(); !known || code != 0 {
		return fmt.Errorf("cd %s: status %s", dir, r.Exit)
	}
	return nil
}

// warm starts a spare beside a session that took long to start.
func (m *Manager) warm(s *Session, req *api.CreateRequest) {
	began := time.Now()
	if !s.started() || time.Since(began) < slowStart {
		return
	}
	if key := m.poolKey(req); key != "" && m.pool.ask(key) {
		m.spawn(req, key)
	}
}

// started waits for the first prompt; false if there will be none, or if somebody has to
// type before it.
func (s *Session) started() bool {
	for {
		s.mu.Lock()
		phase, waits, changed := s.phase, s.input != nil, s.change()
		s.mu.Unlock()
		switch {
		case phase == dead || phase == unhooked || waits:
			return false
		case phase != booting:
			return true
		}
		select {
		case <-changed:
		case <-s.life.Done():
			return false
		}
	}
}

// spawn starts a spare for requests like req; ask has been answered.
func (m *Manager) spawn(req *api.CreateRequest, key string) {
	like := *req
	like.Name, like.IdempotencyKey = "", ""
	s, err := m.launch(&like, spareName, nil)
	if err != nil {
		m.pool.give(key, nil)
		return
	}
	sp := &spare{s: s, dir: s.c.Dir}
	up := s.started()
	sp.timer = time.AfterFunc(spareLife, func() {
		if m.pool.drop(key, sp) {
			m.discard(s)
		}
	})
	if !up || !m.pool.give(key, sp) {
		sp.timer.Stop()
		m.pool.give(key, nil)
		m.discard(s)
	}
}

// spareName stands in a spare's description; no session can have it.
const spareName = ".spare"

// discard ends a spare and leaves nothing of it.
func (m *Manager) discard(s *Session) {
	s.pty.Kill(context.Background())
	s.Close()
	m.letGo(s)
	m.sync.remove(s)
	m.c.Store.Remove(s.ID()) // what is left is removed as an ended session's
}

func (p *pool) empty() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.spares) == 0
}

func (p *pool) take(key string) *spare {
	p.mu.Lock()
	defer p.mu.Unlock()
	sp := p.spares[key]
	if key == "" || sp == nil {
		return nil
	}
	delete(p.spares, key)
	if sp.timer != nil {
		sp.timer.Stop()
	}
	return sp
}

// ask says whether a spare is to be started for a key.
func (p *pool) ask(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.asked[key] || p.spares[key] != nil || len(p.spares)+len(p.asked) >= mostSpares {
		return false
	}
	p.asked[key] = true
	return true
}

// give answers what was asked for; nil if it failed.
func (p *pool) give(key string, sp *spare) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.asked, key)
	if sp == nil || p.closed {
		return false
	}
	p.spares[key] = sp
	return true
}

func (p *pool) drop(key string, sp *spare) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.spares[key] != sp {
		return false
	}
	delete(p.spares, key)
	return true
}

// close hands out what is left.
func (p *pool) close() []*spare {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	var left []*spare
	for _, sp := range p.spares {
		if sp.timer != nil {
			sp.timer.Stop()
		}
		left = append(left, sp)
	}
	clear(p.spares)
	return left
}
