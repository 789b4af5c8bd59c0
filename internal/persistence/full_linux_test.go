package persistence

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestARealDiskFills(t *testing.T) {
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("mount of a small disk: %v", err)
	}
	defer unix.Unmount(disk, unix.MNT_DETACH)
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 200<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	j := mustCreate(t, filepath.Join(disk, "j"), Options{SegmentSize: 100 << 10})
	var out []byte
	var err error
	for i := 0; err == nil; i++ {
		p := noise(maxOutput+i*137%9000, uint64(i)) // two frames each
		at := j.End().Offset
		_, err = j.Append(Output, p)
		out = append(out, p[:j.End().Offset-at]...)
	}
	if !errors.Is(err, ErrFull) || len(out) < 500<<10 {
		t.Fatalf("after %d bytes: %v", len(out), err)
	}
	check := func(j *Journal) {
		t.Helper()
		if got, gaps := collect(t, j.Reader(0, int64(len(out)))); !bytes.Equal(got, out) || gaps != nil {
			t.Fatalf("read %d bytes of %d, gaps %v", len(got), len(out), gaps)
		}
	}
	check(j)
	if _, err := j.Append(Output, noise(maxOutput, 1)); !errors.Is(err, ErrFull) {
		t.Errorf("still full: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, Gap, GapPayload(maxOutput))
	mustAppend(t, j, Output, []byte("later"))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j, r := mustOpen(t, j.dir, Options{})
	if !r.Clean() || j.End().Offset != int64(len(out))+maxOutput+5 {
		t.Errorf("end %+v, %+v", j.End(), r)
	}
	check(j)
	j.Close()
}
