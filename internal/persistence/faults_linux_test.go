package persistence

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// A disk of 4 MB fills: sealing makes room or fails whole, eviction makes room,
// and the session goes on.
func TestAFullDiskIsSealedAndEvictedFree(t *testing.T) {
	for _, encrypt := range []bool{false, true} {
		disk := t.TempDir()
		if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=4m"); err != nil {
			t.Skipf("mount of a small disk: %v", err)
		}
		defer unix.Unmount(disk, unix.MNT_DETACH)
		o := Options{SegmentSize: 300_000, Keys: memoryKeys{}, Encrypt: encrypt}
		j := mustCreate(t, filepath.Join(disk, "j"), o)
		full := func() {
			t.Helper()
			var err error
			for i := 0; err == nil; i++ {
				mustNotChange := j.End()
				if _, err = j.Append(Checkpoint, noise(100, 1)); err == nil {
					_, err = j.Append(Output, noise(40_000, uint64(i)))
				}
				if err != nil && j.End().Offset != mustNotChange.Offset {
					t.Fatal("a failed append moved the end")
				}
			}
			if !errors.Is(err, ErrFull) {
				t.Fatal(err)
			}
		}
		full()
		ballast := filepath.Join(disk, "ballast") // the last page
		if f, err := os.Create(ballast); err == nil {
			for err == nil {
				_, err = f.Write(make([]byte, 512))
			}
			f.Close()
		}
		whole, _ := collect(t, j.Reader(0, -1))
		if n, err := j.Seal(context.Background()); n != 0 || !errors.Is(err, ErrFull) {
			t.Fatalf("noise was sealed on a full disk: %d, %v", n, err)
		}
		if got, gaps := collect(t, j.Reader(0, -1)); !bytes.Equal(got, whole) || gaps != nil {
			t.Fatal("a sealing that failed changed the journal")
		}
		if freed, err := j.Evict(2 << 20); err != nil || freed == 0 || j.Bytes() > 2<<20 {
			t.Fatalf("evicted %d, %v", freed, err)
		}
		if got, gaps := collect(t, j.Reader(0, -1)); !bytes.HasSuffix(whole, got) || len(gaps) != 1 || gaps[0].Reason != Dropped {
			t.Fatalf("%d bytes, gaps %v", len(got), gaps)
		}
		mustSeal(t, j)
		full()
		j.Close()
		k, r := mustOpen(t, j.dir, Options{Keys: o.Keys})
		if !r.Clean() || k.End() != j.End() || k.Evicted() == nil {
			t.Errorf("%+v, end %+v of %+v", r, k.End(), j.End())
		}
		k.Close()
	}
}

// Without file descriptors, what has one goes on, and all else is an error that
// changes nothing.
func TestWithoutDescriptorsNothingIsLost(t *testing.T) {
	j := mustCreate(t, t.TempDir(), Options{SegmentSize: 50_000})
	text := logs(120_000, 1)
	mustAppend(t, j, Output, text)
	mustAppend(t, j, Checkpoint, []byte("screen"))
	end := j.End()
	free := noDescriptors(t)
	if _, err := j.Append(Mark, nil); err != nil {
		t.Errorf("append within a segment: %v", err)
	}
	_, err := j.Append(Output, text)
	if !errors.Is(err, unix.EMFILE) || errors.Is(err, ErrFull) {
		t.Errorf("append of a segment: %v", err)
	}
	if _, err := j.ReadAt(make([]byte, 10), 0); !errors.Is(err, unix.EMFILE) {
		t.Errorf("read: %v", err)
	}
	if n, err := j.Seal(context.Background()); n != 0 || !errors.Is(err, unix.EMFILE) {
		t.Errorf("seal: %d, %v", n, err)
	}
	if _, err := j.Verify(); !errors.Is(err, unix.EMFILE) {
		t.Errorf("verify: %v", err)
	}
	if freed, err := j.Evict(0); freed != 0 {
		t.Errorf("evict: %d, %v", freed, err)
	}
	if _, _, err := Open(j.dir, Options{}); !errors.Is(err, unix.EMFILE) {
		t.Errorf("open: %v", err)
	}
	free()
	at := j.End().Offset
	if at < end.Offset {
		t.Fatalf("end %+v, was %+v", j.End(), end)
	}
	mustAppend(t, j, Output, text)
	mustSeal(t, j)
	if d, err := j.Verify(); err != nil || d != nil {
		t.Error(d, err)
	}
	got, gaps := collect(t, j.Reader(0, -1))
	want := append(append(bytes.Clone(text), text[:at-end.Offset]...), text...)
	if !bytes.Equal(got, want) || gaps != nil {
		t.Errorf("%d bytes of %d, gaps %v", len(got), len(want), gaps)
	}
}

// noDescriptors uses up all of them.
func noDescriptors(t *testing.T) (free func()) {
	t.Helper()
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 64, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	var taken []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		taken = append(taken, f)
	}
	return func() {
		for _, f := range taken {
			f.Close()
		}
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
			t.Fatal(err)
		}
	}
}
