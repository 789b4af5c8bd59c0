package keys

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// Rotate makes a wrapper, of the kind that the config asks for, wraps all keys by
// it, and destroys the old one's secret. The keys themselves stay, so open
// sessions go on. If it is cut off, or a key cannot be opened, both wrappers stay
// and every key opens; calling it again goes on.
func (r *Ring) Rotate(c Config) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.openAll(); err != nil { // before anything changes
		return 0, fmt.Errorf("rotate keys: %w", err)
	}
	w, err := r.newWrapper(c)
	if err != nil {
		return 0, fmt.Errorf("rotate keys: %w", err)
	}
	old := slices.Clone(r.state.Wrappers)
	r.state.Wrappers, r.state.Active = append(slices.Clone(old), w), w.ID
	if err := r.save(); err != nil {
		r.state.Wrappers, r.state.Active = old, old[len(old)-1].ID
		return 0, errors.Join(err, r.end(w))
	}
	identity := r.config.Identity
	for _, dir := range r.sessions() {
		did, err := r.rewrap(dir)
		if err != nil {
			return n, fmt.Errorf("rotate key in %s: %w", dir, err)
		}
		if did {
			n++
		}
	}
	r.state.Wrappers = []wrapper{w}
	if err := r.save(); err != nil {
		return n, err
	}
	for _, o := range old {
		err = errors.Join(err, r.end(o))
	}
	if r.config = c; c.Identity == "" {
		r.config.Identity = identity
	}
	return n, err
}

// openAll proves that every key can be opened.
func (r *Ring) openAll() error {
	for _, dir := range r.sessions() {
		s, err := readSession(dir)
		if errors.Is(err, ErrGone) {
			continue
		}
		if err == nil {
			_, err = r.key(s)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
	}
	return nil
}

func (r *Ring) rewrap(dir string) (bool, error) {
	s, err := readSession(dir)
	if errors.Is(err, ErrGone) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if s.Wrapper == r.state.Active {
		return false, nil
	}
	key, err := r.key(s)
	if err != nil {
		return false, err
	}
	return true, r.keep(dir, s, key)
}

// sessions are the folders that may hold a key.
func (r *Ring) sessions() []string {
	found, _ := filepath.Glob(filepath.Join(globQuote(r.dir), "sessions", "*", sessionFile))
	kept, _ := filepath.Glob(filepath.Join(globQuote(r.dir), "snapshots", "*", sessionFile))
	found = append(found, kept...)
	dirs := make([]string, 0, len(found))
	for _, f := range found {
		dirs = append(dirs, filepath.Dir(f))
	}
	return dirs
}

// globQuote makes a folder's name stand for itself in a pattern. Windows has no
// quoting, and no such names.
func globQuote(dir string) string {
	if runtime.GOOS == "windows" {
		return dir
	}
	q := make([]byte, 0, len(dir))
	for i := range len(dir) {
		if c := dir[i]; c == '*' || c == '?' || c == '[' || c == '\\' {
			q = append(q, '\\')
		}
		q = append(q, dir[i])
	}
	return string(q)
}

// Shred destroys the key in a session's folder: what was written with it is lost.
// Copies of that file that were made before, and what a disk keeps of overwritten
// blocks, open with the wrapper's secret only; Rotate destroys that.
func (r *Ring) Shred(dir string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return shred(filepath.Join(dir, sessionFile))
}

// shred overwrites a file and removes it.
func shred(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.WriteAt(make([]byte, info.Size()), 0)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close(), os.Remove(path)); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// Report is what a doctor shows.
type Report struct {
	Kind     Kind     // of the active wrapper
	Wrapper  string   // its id
	Sessions int      // keys wrapped by it
	Waiting  int      // keys that a rotation has not reached yet
	Open     bool     // its secret is at hand
	Problems []string // what weakens it, or keeps it from opening; in words for people
}

// Report looks at the wrapper and at all keys. It asks for no passphrase.
func (r *Ring) Report() Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.wrapper(r.state.Active)
	rep := Report{Kind: w.Kind, Wrapper: w.ID, Problems: []string{}}
	problem := func(format string, args ...any) { rep.Problems = append(rep.Problems, fmt.Sprintf(format, args...)) }
	for _, dir := range r.sessions() {
		switch s, err := readSession(dir); {
		case err != nil:
			problem("%v", err)
		case s.Wrapper == w.ID:
			rep.Sessions++
		case r.wrapper(s.Wrapper) == nil:
			problem("the key in %s is wrapped by %q, which is not here", dir, s.Wrapper)
		default:
			rep.Waiting++
		}
	}
	if rep.Waiting > 0 {
		problem("a rotation was cut off: rotate again")
	}
	_, rep.Open = r.opened[w.ID]
	switch w.Kind {
	case File:
		problem("the key lies beside what it protects: it protects copies of single sessions, not of the whole folder")
		if info, err := os.Stat(filepath.Join(r.dir, w.file())); err != nil {
			problem("%v", err)
		} else if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			problem("%s can be read by others: mode %o, want 600", filepath.Join(r.dir, w.file()), info.Mode().Perm())
		}
	case Keyring:
		if _, err := r.secret(w); err != nil {
			problem("%v", err)
		}
		_, rep.Open = r.opened[w.ID]
	case Age:
		rep.Open = r.config.Identity != ""
	}
	return rep
}
