package persistence

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Store is the folder of all sessions' data. One process at a time holds it.
// Its methods may be called at the same time; two calls for one session's
// creation or removal are the caller's to keep apart.
type Store struct {
	dir    string
	keys   Keys
	crypt  bool
	now    func() time.Time
	lock   *os.File
	blocks *blockNumbers
}

// LockedError says that another process holds the store.
type LockedError struct {
	Dir string
	PID int // 0 = unknown
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("store %s is held by another process", e.Dir)
	}
	return fmt.Sprintf("store %s is held by process %d", e.Dir, e.PID)
}

var errLocked = errors.New("locked")

// ErrBadID is wrapped when a session id is not a safe file name.
var ErrBadID = errors.New("session ids are 1 to 64 of A-Z a-z 0-9 . _ - and begin with a letter or digit")

var (
	idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	// Windows opens devices under these names, in any folder and with any extension.
	idDevice = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)
)

// StoreOptions of OpenStore; at most one is given.
type StoreOptions struct {
	Keys    Keys // opens encrypted sessions; nil: they answer ErrKey
	Encrypt bool // sessions that are created are encrypted

	Now func() time.Time // of journals that name no other clock; nil = time.Now
}

// OpenStore opens the store in dir, which is made if need be, and locks it. What
// a crash left half made or half removed is gone afterwards.
func OpenStore(dir string, opts ...StoreOptions) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(dir, "sessions"), 0o700); err != nil {
		return nil, err
	}
	f, pid, err := lock(filepath.Join(dir, "lock"))
	if errors.Is(err, errLocked) {
		return nil, &LockedError{Dir: dir, PID: pid}
	}
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, lock: f}
	for _, o := range opts {
		s.keys, s.crypt, s.now = o.Keys, o.Encrypt, o.Now
	}
	if err := s.sweep(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if s.blocks, err = openBlockNumbers(filepath.Join(dir, "blocks")); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

func writePid(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// sweep removes the unfinished: names with a leading dot.
func (s *Store) sweep() error {
	entries, err := os.ReadDir(s.path(""))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			if err := os.RemoveAll(s.path(e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close gives the store up. Journals stay usable, but nothing keeps another
// process from opening them too: close them first.
func (s *Store) Close() error {
	return errors.Join(s.blocks.close(), s.lock.Close())
}

// NextBlock gives out a block number: from 1, ascending, never the same twice in
// the life of the store, crashes included. It waits for the disk only if 32
// blocks are begun while the reserve is being written.
func (s *Store) NextBlock() (uint64, error) { return s.blocks.next() }

// metaName is the file with the owner's words about a session.
const metaName = "meta.json"

// options of a session's journal: its id, and the store's keys and clock unless there are
// others.
func (s *Store) options(id string, o Options) Options {
	o.Session = id
	if o.Keys == nil {
		o.Keys = s.keys
	}
	if o.Now == nil {
		o.Now = s.now
	}
	return o
}

func (s *Store) path(id string) string { return filepath.Join(s.dir, "sessions", id) }

func checkID(id string) error {
	if !idPattern.MatchString(id) || idDevice.MatchString(id) || strings.HasSuffix(id, ".") {
		return fmt.Errorf("session %q: %w", id, ErrBadID)
	}
	return nil
}

// Create makes a session's folder with its meta.json and an empty journal. After a
// crash of the process the session is there as a whole or not at all; a crash of
// the machine it survives from the journal's first Sync on, so that making a
// session does not wait for the disk (0.6 ms instead of 2.6).
func (s *Store) Create(id string, meta []byte, o Options) (*Journal, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(s.path(id)); err == nil {
		return nil, fmt.Errorf("create session %s: %w", id, ErrExists)
	}
	tmp := s.path(".new-" + id)
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return nil, err
	}
	o = s.options(id, o)
	o.Encrypt = o.Encrypt || s.crypt
	j, err := Create(tmp, o)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(tmp))
	}
	if j.key != nil {
		meta, err = j.key.seal(metaName, meta)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(tmp, metaName), meta, 0o600)
	}
	if err == nil {
		err = j.move(s.path(id))
	}
	if err != nil {
		return nil, errors.Join(err, j.Close(), os.RemoveAll(tmp), os.RemoveAll(s.path(id)))
	}
	j.birth = func() error {
		return errors.Join(syncFile(filepath.Join(s.path(id), metaName)), syncDir(s.path("")))
	}
	return j, nil
}

// move renames the folder of a journal that nobody else knows yet. The file is
// closed meanwhile: Windows renames no folder with open files.
func (j *Journal) move(dir string) error {
	if err := j.file.Close(); err != nil {
		return err
	}
	err := os.Rename(j.dir, dir)
	if err == nil {
		j.dir = dir
	}
	f, ferr := j.openWriter(j.head.number, 0)
	if ferr == nil {
		j.file = f
	}
	return errors.Join(err, ferr)
}

// Open opens a session's journal.
func (s *Store) Open(id string, o Options) (*Journal, Recovery, error) {
	if err := checkID(id); err != nil {
		return nil, Recovery{}, err
	}
	return Open(s.path(id), s.options(id, o))
}

// Sessions lists the ids of all sessions, sorted.
func (s *Store) Sessions() ([]string, error) {
	entries, err := os.ReadDir(s.path(""))
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for _, e := range entries {
		if e.IsDir() && checkID(e.Name()) == nil {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}

// Meta returns a session's meta.json.
func (s *Store) Meta(id string) ([]byte, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(filepath.Join(s.path(id), metaName))
	if err != nil || smallKey(b) == 0 {
		return b, err
	}
	k, err := findKey(s.keys, s.path(id), id, smallKey(b))
	if err != nil {
		return nil, err
	}
	return k.open(metaName, b)
}

// SetMeta replaces a session's meta.json: after a crash it is the old or the new one.
func (s *Store) SetMeta(id string, meta []byte) error {
	if err := checkID(id); err != nil {
		return err
	}
	before, err := os.ReadFile(filepath.Join(s.path(id), metaName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if n := smallKey(before); n != 0 { // an encrypted session stays one
		k, err := findKey(s.keys, s.path(id), id, n)
		if err != nil {
			return err
		}
		if meta, err = k.seal(metaName, meta); err != nil {
			return err
		}
	}
	if err := writeFile(s.path(id), metaName, meta); err != nil {
		return err
	}
	return syncDir(s.path(id))
}

// Remove deletes a session's data. Close its journal first. The session is gone
// from the list before the first file goes.
func (s *Store) Remove(id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	dead := s.path(".dead-" + id)
	if err := os.Rename(s.path(id), dead); err != nil {
		return err
	}
	return os.RemoveAll(dead)
}

// writeFile puts a whole file in place of another: written aside, synced, renamed.
func writeFile(dir, name string, b []byte) error {
	tmp := filepath.Join(dir, "."+name)
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	return os.Rename(tmp, filepath.Join(dir, name))
}
