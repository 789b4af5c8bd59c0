package persistence

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func mustStore(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestStoreKeepsSessions(t *testing.T) {
	dir := t.TempDir()
	s := mustStore(t, dir)
	for _, id := range []string{"b", "a"} {
		j, err := s.Create(id, []byte(`{"name":"`+id+`"}`), Options{})
		if err != nil {
			t.Fatal(err)
		}
		mustAppend(t, j, Output, []byte("out of "+id))
		j.Close()
	}
	if _, err := s.Create("a", nil, Options{}); !errors.Is(err, ErrExists) {
		t.Errorf("a second a: %v", err)
	}
	if err := s.SetMeta("b", []byte(`{"name":"c"}`)); err != nil {
		t.Error(err)
	}
	for _, half := range []string{".new-x", ".dead-y"} {
		if err := os.MkdirAll(filepath.Join(dir, "sessions", half, "sub"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = mustStore(t, dir)
	if ids, err := s.Sessions(); err != nil || !slices.Equal(ids, []string{"a", "b"}) {
		t.Errorf("sessions %v, %v", ids, err)
	}
	if m, err := s.Meta("b"); err != nil || string(m) != `{"name":"c"}` {
		t.Errorf("meta %s, %v", m, err)
	}
	j, r, err := s.Open("a", Options{})
	if err != nil || !r.Clean() {
		t.Fatal(err, r)
	}
	if got, _ := collect(t, j.Reader(0, -1)); string(got) != "out of a" {
		t.Errorf("read %q", got)
	}
	j.Close()
	if err := s.Remove("a"); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "sessions")); err != nil || len(entries) != 1 {
		t.Errorf("left in the folder: %v, %v", entries, err)
	}
}

func TestFirstSyncCoversTheSessionItself(t *testing.T) {
	s := mustStore(t, t.TempDir())
	j, err := s.Create("a", []byte("{}"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if j.birth == nil {
		t.Fatal("nothing to sync")
	}
	if err := j.Sync(); err != nil || j.birth != nil {
		t.Errorf("sync: %v", err)
	}
}

func TestStoreIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no unix permissions on windows")
	}
	dir := filepath.Join(t.TempDir(), "store")
	s := mustStore(t, dir)
	j, err := s.Create("a", []byte("{}"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		want := os.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestUnsafeIDsAreRefused(t *testing.T) {
	s := mustStore(t, t.TempDir())
	for _, id := range []string{"", ".", "..", ".new-a", "a/b", `a\b`, "a b", "-a", "é", "a.", "con", "NUL.txt", "a\x00", "a\n", strings.Repeat("x", 65)} {
		if _, err := s.Create(id, nil, Options{}); !errors.Is(err, ErrBadID) {
			t.Errorf("create %q: %v", id, err)
		}
		if err := s.Remove(id); !errors.Is(err, ErrBadID) {
			t.Errorf("remove %q: %v", id, err)
		}
	}
}

func TestSecondStoreNamesTheHolder(t *testing.T) {
	dir := t.TempDir()
	s := mustStore(t, dir)
	_, err := OpenStore(dir)
	var locked *LockedError
	if !errors.As(err, &locked) || (locked.PID != os.Getpid() && runtime.GOOS != "windows") {
		t.Errorf("second store: %v", err)
	}
	s.Close()
	mustStore(t, dir)
}

func TestBlockNumbersAscendAndSurviveACleanClose(t *testing.T) {
	dir := t.TempDir()
	want := uint64(1)
	for range 3 {
		s := mustStore(t, dir)
		for range 150 {
			if n, err := s.NextBlock(); err != nil || n != want {
				t.Fatalf("block %d, %v, want %d", n, err, want)
			}
			want++
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.NextBlock(); !errors.Is(err, ErrClosed) {
			t.Errorf("block after close: %v", err)
		}
	}
}

func TestBlockNumbersAreNotReusedAfterACrashAtAnyWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "blocks")
	given := uint64(0) // the highest number ever
	for round := range 40 {
		b, err := openBlockNumbers(path)
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + round*7%150 {
			n, err := b.next()
			if err != nil {
				t.Fatal(err)
			}
			if n <= given {
				t.Fatalf("round %d: %d was given out before (%d)", round, n, given)
			}
			given = n
		}
		if round%5 == 4 {
			if err := b.close(); err != nil {
				t.Fatal(err)
			}
		} else {
			die(b)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for cut := range raw { // one record torn or flipped
			hurt := bytes.Clone(raw)
			hurt[cut] ^= 0x40
			if next, _, err := decodeBlocks(hurt); err != nil || next <= given {
				t.Fatalf("round %d, byte %d: next %d after %d, %v", round, cut, next, given, err)
			}
		}
		if round%2 == 0 { // and for real
			raw[round%32] ^= 0x40
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, _, err := decodeBlocks(make([]byte, 32)); err == nil {
		t.Error("two damaged records were accepted")
	}
}

// die lets go of the file without a word, as a crash does. What is being written comes
// to its end: it may not land in the file of a later round.
func die(b *blockNumbers) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.writing {
		b.ready.Wait()
	}
	b.closed = true
	b.f.Close()
}

// blocksV1 is a file of version 1: limits 129 and 193.
const blocksV1 = "\x81\x00\x00\x00\x00\x00\x00\x00\xc9\x59\x15\xf1\x00\x00\x00\x00\xc1\x00\x00\x00\x00\x00\x00\x00\xfb\x92\x15\xeb\x00\x00\x00\x00"

func TestBlockFilesOfEarlierVersionsStayReadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "blocks")
	if err := os.WriteFile(path, []byte(blocksV1), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := openBlockNumbers(path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	if n, err := b.next(); err != nil || n != 193 {
		t.Errorf("next %d, %v", n, err)
	}
}

func TestBlockNumbersAreUniqueAmongGoroutines(t *testing.T) {
	s := mustStore(t, t.TempDir())
	var mu sync.Mutex
	var wg sync.WaitGroup
	seen := map[uint64]bool{}
	for range 8 {
		wg.Go(func() {
			for range 100 {
				n, err := s.NextBlock()
				mu.Lock()
				if err != nil || seen[n] {
					t.Errorf("block %d twice, or %v", n, err)
				}
				seen[n] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(seen) != 800 {
		t.Errorf("%d numbers", len(seen))
	}
}

// TestMain lets the test program be the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("PERSISTENCE_VICTIM"); dir != "" {
		victim(dir)
	}
	os.Exit(m.Run())
}

// victim appends for ever and says after each frame where the journal ends.
func victim(dir string) {
	j, _, err := Open(dir, Options{SegmentSize: 20000})
	for i := 0; err == nil; i++ {
		end := j.End().Offset
		if _, err = j.Append(Output, pattern(end, 1+i*37%5000)); err == nil {
			fmt.Println(j.End().Offset)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// pattern is n bytes that tell their own offset.
func pattern(offset int64, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		o := offset + int64(i)
		b[i] = byte(o ^ o>>8 ^ o>>16)
	}
	return b
}

func TestWhatAppendReturnedSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	mustCreate(t, dir, Options{}).Close()
	for round := range 8 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "PERSISTENCE_VICTIM="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		promised := int64(0)
		lines := bufio.NewScanner(out)
		for i := 0; lines.Scan(); i++ {
			if promised, err = strconv.ParseInt(lines.Text(), 10, 64); err != nil {
				t.Fatal(err)
			}
			if i == 20+round*13 {
				cmd.Process.Kill() // SIGKILL; what is in the pipe still counts
			}
		}
		cmd.Wait()
		j, r := mustOpen(t, dir, Options{})
		if end := j.End().Offset; end < promised || len(r.Damaged) > 0 {
			t.Fatalf("ends at %d, promised %d; %+v", end, promised, r)
		}
		got, gaps := collect(t, j.Reader(0, -1))
		if gaps != nil || !bytes.Equal(got, pattern(0, len(got))) || int64(len(got)) != j.End().Offset {
			t.Fatalf("round %d: %d bytes of %d, gaps %v", round, len(got), j.End().Offset, gaps)
		}
		j.Close()
	}
}
