package aicontext

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ai-session/ai-session/api"
)

// What looking at a repository may take. A reading waits gitPatience for a fresh answer
// and shows the older one, with its age, if there is none by then.
const (
	gitTimeout  = 5 * time.Second
	gitPatience = 60 * time.Millisecond
	gitFresh    = 2 * time.Second
	maxGitBytes = 1 << 20
	keptDirty   = 100
)

// Git tells how folders stand in their repositories, and remembers it. The zero value
// works.
type Git struct {
	mu    sync.Mutex // guards looks; not held while git runs
	looks map[string]*look
}

// look is what was seen of one folder.
type look struct {
	key   repoKey
	state *api.GitState
	at    time.Time
	busy  chan struct{} // closed when the look under way is over; nil if there is none
}

// repoKey changes when a commit, a checkout or an add has.
type repoKey struct {
	dir         string
	head        string
	index       time.Time
	indexSize   int64
	generation  int // of the session: commands that ended
	headChanged time.Time
}

// maxLooks is how many folders are remembered.
const maxLooks = 64

// State is how dir stands; nil if it is in no repository. generation is anything that
// changes when files may have: the number of commands that ended.
func (g *Git) State(ctx context.Context, dir string, generation int) *api.GitState {
	repo, ok := findRepo(dir)
	if !ok {
		return nil
	}
	key := repo.key(dir, generation)
	g.mu.Lock()
	l := g.looks[dir]
	if l == nil {
		if g.looks == nil || len(g.looks) >= maxLooks {
			g.looks = map[string]*look{}
		}
		l = &look{}
		g.looks[dir] = l
	}
	if l.state != nil && l.key == key && time.Since(l.at) < gitFresh {
		defer g.mu.Unlock()
		return l.aged()
	}
	if l.busy == nil {
		l.busy = make(chan struct{})
		go g.refresh(l, repo, key)
	}
	busy, known := l.busy, l.state != nil
	g.mu.Unlock()
	patience := gitPatience
	if !known {
		patience *= 10
	}
	wait, stop := context.WithTimeout(ctx, patience)
	defer stop()
	select {
	case <-busy:
	case <-wait.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if l.state == nil {
		branch, head := repo.head()
		return &api.GitState{Branch: branch, Head: head, Dirty: []api.Dirty{}, Unknown: "git status takes long"}
	}
	return l.aged()
}

func (l *look) aged() *api.GitState {
	s := *l.state
	s.AgeMS = api.MillisOf(time.Since(l.at))
	return &s
}

// refresh looks again; it ends within gitTimeout.
func (g *Git) refresh(l *look, repo repo, key repoKey) {
	ctx, stop := context.WithTimeout(context.Background(), gitTimeout)
	defer stop()
	s := &api.GitState{Dirty: []api.Dirty{}}
	s.Branch, s.Head = repo.head()
	if err := status(ctx, key.dir, s); err != nil {
		s.Unknown = err.Error()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	l.state, l.key, l.at = s, key, time.Now()
	close(l.busy)
	l.busy = nil
}

// status asks git. It takes no locks, runs no hook and no file watcher of the
// repository's configuration, and does not go into submodules.
func status(ctx context.Context, dir string, s *api.GitState) error {
	cmd := exec.CommandContext(ctx, "git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath="+os.DevNull,
		"-c", "status.submoduleSummary=false", "status", "--porcelain=v1", "-z", "--ignore-submodules=all", "--no-renames")
	cmd.Dir = dir
	cmd.Env = gitEnvironment(os.Environ())
	cmd.WaitDelay = time.Second
	var out bounded
	cmd.Stdout = &out
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("no git in PATH")
	case ctx.Err() != nil:
		return errors.New("git status takes longer than " + gitTimeout.String())
	case err != nil:
		return errors.New("git status: " + err.Error())
	}
	s.Dirty, s.Changed = parseStatus(out.b)
	if out.over {
		s.Unknown = "more changes than are listed"
	}
	return nil
}

// gitEnvironment leaves out what points git at another repository.
func gitEnvironment(env []string) []string {
	out := []string{"LC_ALL=C", "GIT_TERMINAL_PROMPT=0"}
	for _, kv := range env {
		if !strings.HasPrefix(kv, "GIT_") && !strings.HasPrefix(kv, "LC_ALL=") {
			out = append(out, kv)
		}
	}
	return out
}

// bounded keeps the beginning of what is written to it.
type bounded struct {
	b    []byte
	over bool
}

func (w *bounded) Write(p []byte) (int, error) {
	if room := maxGitBytes - len(w.b); len(p) > room {
		w.b, w.over = append(w.b, p[:room]...), true
	} else {
		w.b = append(w.b, p...)
	}
	return len(p), nil
}

// parseStatus reads git status --porcelain=v1 -z without renames: two letters, a space
// and a path, each ended by NUL. It counts all and keeps the first.
func parseStatus(b []byte) (dirty []api.Dirty, changed int) {
	dirty = []api.Dirty{}
	for entry := range bytes.SplitSeq(b, []byte{0}) {
		if len(entry) < 4 || entry[2] != ' ' {
			continue
		}
		if changed++; len(dirty) < keptDirty {
			dirty = append(dirty, api.Dirty{
				Status: strings.ReplaceAll(strings.TrimSpace(string(entry[:2])), " ", ""), Path: strings.ToValidUTF8(string(entry[3:]), "\ufffd"),
			})
		}
	}
	return dirty, changed
}

// repo is a repository's own folder, and that of its worktree's HEAD.
type repo struct{ git string }

// maxParents bounds the way up to a repository.
const maxParents = 64

// findRepo looks for .git in dir and above: a folder, or in a linked worktree and a
// submodule a file that names it.
func findRepo(dir string) (repo, bool) {
	for range maxParents {
		p := filepath.Join(dir, ".git")
		info, err := os.Stat(p)
		switch {
		case err == nil && info.IsDir():
			return repo{p}, true
		case err == nil && info.Mode().IsRegular():
			b, err := readSmall(p)
			to, ok := strings.CutPrefix(strings.TrimSpace(string(b)), "gitdir: ")
			if err != nil || !ok {
				return repo{}, false
			}
			if !filepath.IsAbs(to) {
				to = filepath.Join(dir, to)
			}
			return repo{to}, true
		}
		up := filepath.Dir(dir)
		if up == dir || !filepath.IsAbs(dir) {
			break
		}
		dir = up
	}
	return repo{}, false
}

// readSmall reads the beginning of a file that should have one line.
func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, 4096)
	n, err := f.Read(b)
	return b[:n], err
}

// head is the branch and the abbreviated commit, as far as they are files.
func (r repo) head() (branch, commit string) {
	b, err := readSmall(filepath.Join(r.git, "HEAD"))
	if err != nil {
		return "", ""
	}
	line := strings.TrimSpace(string(b))
	ref, isRef := strings.CutPrefix(line, "ref: ")
	if !isRef {
		return "", abbreviated(line)
	}
	branch = strings.TrimPrefix(ref, "refs/heads/")
	for _, dir := range []string{r.git, filepath.Join(r.git, "..", "..")} { // of a worktree: the shared one
		if !filepath.IsLocal(filepath.FromSlash(ref)) {
			break
		}
		if b, err := readSmall(filepath.Join(dir, filepath.FromSlash(ref))); err == nil {
			return branch, abbreviated(strings.TrimSpace(string(b)))
		}
	}
	return branch, ""
}

func abbreviated(commit string) string {
	return commit[:min(len(commit), 9)]
}

func (r repo) key(dir string, generation int) repoKey {
	k := repoKey{dir: dir, generation: generation}
	_, k.head = r.head()
	if info, err := os.Stat(filepath.Join(r.git, "HEAD")); err == nil {
		k.headChanged = info.ModTime()
	}
	if info, err := os.Stat(filepath.Join(r.git, "index")); err == nil {
		k.index, k.indexSize = info.ModTime(), info.Size()
	}
	return k
}
