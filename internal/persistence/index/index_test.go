package index

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// shelf is a Source that holds its journals in memory.
type shelf struct {
	mu       sync.Mutex // guards journals
	journals map[string]*journal
}

type journal struct {
	events           []Event
	ended, encrypted bool
}

func (s *shelf) Sessions() ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id := range s.journals {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, nil
}

func (s *shelf) Past(id string, from uint64) (Past, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.journals[id]
	if j == nil {
		return Past{}, os.ErrNotExist
	}
	events := slices.Clone(j.events)
	return Past{
		Events: func(yield func(Event) bool) {
			for _, e := range events {
				if e.Seq >= from && !yield(e) {
					return
				}
			}
		},
		Next: uint64(len(events)) * 5, Ended: j.ended, Encrypted: j.encrypted, Bytes: 1000, Close: func() {},
	}, nil
}

// ran adds a command to a session, which is made if need be.
func (s *shelf) ran(id string, block uint64, command string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.journals[id]
	if j == nil {
		j = &journal{}
		s.journals[id] = j
	}
	seq := uint64(len(j.events)) * 5
	at := time.Unix(int64(block), 0)
	j.events = append(j.events,
		Event{Block: block, Seq: seq + 1, Command: command, At: at, From: 100},
		Event{Block: block, Seq: seq + 5, End: true, At: at, From: 100, To: 200, State: "done", Exit: 3, Cwd: "/secret/folder"})
}

func (s *shelf) set(id string, ended, encrypted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journals[id].ended, s.journals[id].encrypted = ended, encrypted
}

// run keeps an index of a shelf until the test ends or stop is called.
func run(t testing.TB, path string, src Source) (x *Index, stop func()) {
	t.Helper()
	x = New(path, func(err error) { t.Log(err) })
	return x, start(t, x, src)
}

func start(t testing.TB, x *Index, src Source) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	go x.Run(ctx, src)
	stop = func() {
		cancel()
		<-x.Done()
	}
	t.Cleanup(stop)
	return stop
}

// settle waits until all that was touched is taken in.
func settle(t testing.TB, x *Index) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := x.Settle(ctx); err != nil {
		t.Fatal(err)
	}
}

func found(t *testing.T, x *Index, text string) (all []string) {
	t.Helper()
	for c, err := range x.Commands(t.Context(), "", text, time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(c.Session, " ", c.Block, " ", c.Text))
	}
	return all
}

func TestIndexFindsWhatJournalsHold(t *testing.T) {
	src := &shelf{journals: map[string]*journal{}}
	src.ran("a", 1, "go test ./...")
	src.ran("a", 4, "make Straße K\u212a")
	src.ran("b", 2, `echo "quoted"`)
	src.ran("living", 3, "go test living")
	src.set("a", true, false)
	src.set("b", true, false)
	x, _ := run(t, filepath.Join(t.TempDir(), "index.sqlite"), src)
	settle(t, x)
	for _, c := range []struct {
		text string
		want []string
	}{
		{"go test", []string{"a 1 go test ./..."}},
		{"GO TEST", []string{"a 1 go test ./..."}},
		{"stra\u00dfe kk", []string{"a 4 make Straße K\u212a"}},
		{`"quoted"`, []string{`b 2 echo "quoted"`}},
		{"nothing", nil},
		{"", []string{`b 2 echo "quoted"`, "a 1 go test ./...", "a 4 make Straße K\u212a"}},
	} {
		if got := found(t, x, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q finds %q, want %q", c.text, got, c.want)
		}
	}
	if id, seq, ok := x.SessionOf(t.Context(), 3); !ok || id != "living" || seq != 1 {
		t.Errorf("block 3 is of %q at %d: %v", id, seq, ok)
	}
	if _, _, ok := x.SessionOf(t.Context(), 9); ok {
		t.Error("block 9 is known, and was never there")
	}
	if whole := x.Whole(t.Context()); !whole["a"] || !whole["b"] || whole["living"] {
		t.Errorf("whole are %v", whole)
	}
}

func TestIndexTakesUpWhereItStopped(t *testing.T) {
	src := &shelf{journals: map[string]*journal{}}
	src.ran("a", 1, "first")
	path := filepath.Join(t.TempDir(), "index.sqlite")
	x, stop := run(t, path, src)
	settle(t, x)
	stop()
	src.ran("a", 2, "second") // while nobody looks
	src.ran("b", 3, "third")
	src.set("a", true, false)
	src.set("b", true, false)
	x, stop = run(t, path, src)
	settle(t, x)
	if got := found(t, x, ""); !slices.Equal(got, []string{"b 3 third", "a 1 first", "a 2 second"}) {
		t.Errorf("found %q", got)
	}
	stop()
	delete(src.journals, "b")
	x, _ = run(t, path, src)
	settle(t, x)
	if got := found(t, x, ""); !slices.Equal(got, []string{"a 1 first", "a 2 second"}) {
		t.Errorf("after a removal: %q", got)
	}
}

func TestIndexForgetsWhatWasCut(t *testing.T) {
	src := &shelf{journals: map[string]*journal{}}
	src.ran("a", 1, "first")
	src.ran("a", 2, "second")
	src.set("a", true, false)
	x, _ := run(t, filepath.Join(t.TempDir(), "index.sqlite"), src)
	settle(t, x)
	src.mu.Lock()
	src.journals["a"].events = src.journals["a"].events[2:]
	src.mu.Unlock()
	x.Forget("a")
	settle(t, x)
	if got := found(t, x, ""); !slices.Equal(got, []string{"a 2 second"}) {
		t.Errorf("found %q", got)
	}
	if _, _, ok := x.SessionOf(t.Context(), 1); ok {
		t.Error("the first block is still there")
	}
}

func TestIndexHasNoWordOfEncryptedSessions(t *testing.T) {
	src := &shelf{journals: map[string]*journal{}}
	src.ran("a", 1, "curl -H hunter2")
	src.set("a", true, true)
	src.ran("b", 2, "plain needle")
	src.set("b", true, false)
	dir := t.TempDir()
	x, stop := run(t, filepath.Join(dir, "index.sqlite"), src)
	settle(t, x)
	if x.Whole(t.Context())["a"] {
		t.Error("the words of a are said to be here")
	}
	if id, _, _ := x.SessionOf(t.Context(), 1); id != "a" {
		t.Errorf("block 1 is of %q", id)
	}
	src.set("b", true, true) // and one that was plain
	x.Touch("b")
	settle(t, x)
	stop()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"hunter2", "needle", "secret"} {
			if strings.Contains(string(b), word) {
				t.Errorf("%s has %q", filepath.Base(f), word)
			}
		}
		if info, _ := os.Stat(f); runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is open to others: %v", f, info.Mode())
		}
	}
}

func TestIndexMakesItselfAgain(t *testing.T) {
	for _, c := range []struct {
		name string
		harm func(path string) error
	}{
		{"missing", os.Remove},
		{"not a database", func(p string) error { return os.WriteFile(p, []byte(strings.Repeat("no", 5000)), 0o600) }},
		{"cut", func(p string) error { return os.Truncate(p, 5000) }},
		{"of another version", func(p string) error { return patch(p, 60, []byte{0, 0, 0, 99}) }},
		{"tables overwritten", func(p string) error { return patch(p, 4096, make([]byte, 30000)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := &shelf{journals: map[string]*journal{}}
			src.ran("a", 1, "first")
			path := filepath.Join(t.TempDir(), "index.sqlite")
			x, stop := run(t, path, src)
			settle(t, x)
			stop()
			if err := c.harm(path); err != nil {
				t.Fatal(err)
			}
			src.ran("a", 2, "second")
			src.set("a", true, false)
			x, _ = run(t, path, src)
			settle(t, x)
			if got := found(t, x, ""); !slices.Equal(got, []string{"a 1 first", "a 2 second"}) {
				t.Errorf("found %q", got)
			}
		})
	}
}

func patch(path string, at int64, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, at)
	return errors.Join(err, f.Close())
}

// A second writer, or a folder that cannot be written, costs the index and nothing else.
func TestIndexThatCannotBeOpenedKnowsNothing(t *testing.T) {
	src := &shelf{journals: map[string]*journal{}}
	src.ran("a", 1, "first")
	x, _ := run(t, filepath.Join(t.TempDir(), "no", "folder", "index.sqlite"), src)
	x.Touch("a")
	if _, _, ok := x.SessionOf(t.Context(), 1); ok || x.Whole(t.Context()) != nil || len(found(t, x, "")) > 0 {
		t.Error("it knows something")
	}
	if _, err := x.Rebuild(t.Context()); err == nil {
		t.Error("it was made in a folder that is not there")
	}
}

func TestIndexIsRebuiltInManyBatches(t *testing.T) {
	src := &shelf{journals: map[string]*journal{}}
	const n = 2600
	for i := range n {
		src.ran("a", uint64(i+1), "command number "+fmt.Sprint(i))
	}
	src.set("a", true, false)
	x := New(filepath.Join(t.TempDir(), "index.sqlite"), func(err error) { t.Log(err) })
	x.batchRows = 500
	start(t, x, src)
	b, err := x.Rebuild(t.Context())
	if err != nil || b.Commands != n || b.Sessions != 1 {
		t.Fatal(b, err)
	}
	if got := found(t, x, "number 2599"); len(got) != 1 {
		t.Errorf("found %q", got)
	}
	if c, err := x.Check(t.Context()); err != nil || c.Commands != n {
		t.Error(c, err)
	}
}
