package persistence

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Snapshots is a folder of kept states: each a folder of small files, written as a
// whole or not at all.
type Snapshots struct {
	dir  string
	keys Keys
}

// Snapshots of the store's sessions.
func (s *Store) Snapshots() Snapshots {
	return Snapshots{dir: filepath.Join(s.dir, "snapshots"), keys: s.keys}
}

// Save writes a snapshot under a name that is a safe file name; one that is there
// already is an error. With encrypt, each file is sealed under a key of the snapshot's.
func (s Snapshots) Save(name string, files map[string][]byte, encrypt bool) error {
	if err := checkID(name); err != nil {
		return err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(s.dir, ".")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	var key *sessionKey
	if encrypt {
		if key, err = newKey(s.keys, tmp, name); err != nil {
			return err
		}
	}
	sealed := map[string][]byte{}
	for file, content := range files {
		if key != nil {
			if content, err = key.seal(file, content); err != nil {
				return err
			}
		}
		sealed[file] = content
	}
	if err := writeAllSynced(tmp, sealed); err != nil {
		if isFull(err) {
			err = fmt.Errorf("%w: %w", ErrFull, err)
		}
		return fmt.Errorf("snapshot %s: %w", name, err)
	}
	if _, err := os.Lstat(filepath.Join(s.dir, name)); err == nil {
		return fmt.Errorf("snapshot %s: %w", name, ErrExists)
	}
	if err := os.Rename(tmp, filepath.Join(s.dir, name)); err != nil {
		return err
	}
	return syncDir(s.dir)
}

// writeAllSynced writes files side by side: the disk then takes them in one go, and not
// each after the other's flush.
func writeAllSynced(dir string, files map[string][]byte) error {
	var wg sync.WaitGroup
	errs := make(chan error, len(files))
	for name, content := range files {
		wg.Go(func() { errs <- writeSynced(filepath.Join(dir, name), content) })
	}
	wg.Wait()
	close(errs)
	var all []error
	for err := range errs {
		all = append(all, err)
	}
	return errors.Join(all...)
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// Names lists the snapshots, sorted.
func (s Snapshots) Names() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// Read returns one file of a snapshot.
func (s Snapshots) Read(name, file string) ([]byte, error) {
	if checkID(name) != nil {
		return nil, fmt.Errorf("snapshot %q: %w", name, fs.ErrNotExist)
	}
	b, err := os.ReadFile(filepath.Join(s.dir, name, file))
	if err != nil || smallKey(b) == 0 {
		return b, err
	}
	k, err := findKey(s.keys, filepath.Join(s.dir, name), name, smallKey(b))
	if err != nil {
		return nil, err
	}
	return k.open(file, b)
}

// Size is what a snapshot takes on disk.
func (s Snapshots) Size(name string) (n int64) {
	entries, err := os.ReadDir(filepath.Join(s.dir, name))
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			n += info.Size()
		}
	}
	return n
}

// Delete removes a snapshot.
func (s Snapshots) Delete(name string) error {
	if checkID(name) != nil {
		return fmt.Errorf("snapshot %q: %w", name, fs.ErrNotExist)
	}
	if _, err := os.Lstat(filepath.Join(s.dir, name)); err != nil {
		return err
	}
	return os.RemoveAll(filepath.Join(s.dir, name))
}
