package persistence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func mustCreate(t testing.TB, dir string, o Options) *Journal {
	t.Helper()
	if o.Session == "" {
		o.Session = "s1"
	}
	j, err := Create(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func mustOpen(t testing.TB, dir string, o Options) (*Journal, Recovery) {
	t.Helper()
	j, r, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j, r
}

func mustAppend(t testing.TB, j *Journal, k Kind, p []byte) Position {
	t.Helper()
	at, err := j.Append(k, p)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// noise is repeatable output that differs everywhere.
func noise(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// collect reads everything, as (bytes, gaps).
func collect(t testing.TB, r io.Reader) (b []byte, gaps []GapError) {
	t.Helper()
	for {
		part, err := io.ReadAll(r)
		b = append(b, part...)
		var gap *GapError
		if !errors.As(err, &gap) {
			if err != nil {
				t.Fatal(err)
			}
			return b, gaps
		}
		gaps = append(gaps, *gap)
	}
}

func frames(t testing.TB, j *Journal, from uint64) (fs []Frame, ds []Damage) {
	t.Helper()
	for f, err := range j.Frames(from) {
		var d *Damage
		switch {
		case errors.As(err, &d):
			ds = append(ds, *d)
		case err != nil:
			t.Fatal(err)
		default:
			f.Data = bytes.Clone(f.Data)
			fs = append(fs, f)
		}
	}
	return fs, ds
}

// fill writes a mixture of kinds and sizes and returns the output it contains.
func fill(t testing.TB, j *Journal, n int) []byte {
	t.Helper()
	var out []byte
	r := rand.New(rand.NewPCG(7, 7))
	for i := range n {
		p := noise(1+r.IntN(3000), uint64(i))
		mustAppend(t, j, Output, p)
		out = append(out, p...)
		mustAppend(t, j, []Kind{Resize, Mark, ExecStart, ExecEnd, Input, Synthetic, Kind(77)}[i%7], noise(i%90, 3))
	}
	return out
}

func TestEveryByteIsReadBackByItsOffset(t *testing.T) {
	for _, size := range []int{1, 5000, 200 << 10, 4 << 20} {
		t.Run(fmt.Sprint("segments of ", size), func(t *testing.T) {
			j := mustCreate(t, t.TempDir(), Options{SegmentSize: size})
			want := fill(t, j, 250)
			if end := j.End(); end != (Position{Seq: 501, Offset: int64(len(want))}) {
				t.Fatalf("end %+v", end)
			}
			check := func(j *Journal) {
				t.Helper()
				got, gaps := collect(t, j.Reader(0, -1))
				if !bytes.Equal(got, want) || gaps != nil {
					t.Fatalf("read %d bytes of %d, gaps %v", len(got), len(want), gaps)
				}
				r := rand.New(rand.NewPCG(1, 2))
				for range 60 {
					from := r.IntN(len(want))
					p := make([]byte, 1+r.IntN(20000))
					n, err := j.ReadAt(p, int64(from))
					short := from+len(p) > len(want)
					if !bytes.Equal(p[:n], want[from:min(from+len(p), len(want))]) || (err == io.EOF) != short || (err != nil) != short {
						t.Fatalf("ReadAt(%d bytes, %d) = %d, %v", len(p), from, n, err)
					}
				}
			}
			check(j)
			j.Close()
			j2, rec := mustOpen(t, j.dir, Options{})
			if !rec.Clean() || j2.End() != j.End() || j2.Bytes() != j.Bytes() {
				t.Fatalf("reopened: %+v, end %+v of %+v", rec, j2.End(), j.End())
			}
			check(j2)
		})
	}
}

func TestFramesComeBackInOrderWithAllKinds(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	j := mustCreate(t, t.TempDir(), Options{SegmentSize: 9000, Now: func() time.Time { now = now.Add(time.Second); return now }})
	var want []Frame
	offset := int64(0)
	for i := range 100 {
		k := Kind(1 + i%9)
		p := noise(i*7, uint64(i))
		if k == Gap {
			p = GapPayload(int64(i))
		}
		at := mustAppend(t, j, k, p)
		if at != (Position{uint64(i + 1), offset}) {
			t.Fatalf("frame %d at %+v, want offset %d", i+1, at, offset)
		}
		want = append(want, Frame{Seq: at.Seq, Offset: offset, Kind: k, Data: p})
		switch k {
		case Output:
			offset += int64(len(p))
		case Gap:
			offset += int64(i)
		}
	}
	for _, from := range []uint64{0, 1, 2, 37, 99, 100, 101} {
		got, damage := frames(t, j, from)
		if len(damage) > 0 {
			t.Fatal(damage)
		}
		rest := want[min(max(int(from)-1, 0), len(want)):]
		if len(got) != len(rest) {
			t.Fatalf("from %d: %d frames, want %d", from, len(got), len(rest))
		}
		before := time.Time{}
		for i, f := range got {
			if f.Seq != rest[i].Seq || f.Offset != rest[i].Offset || f.Kind != rest[i].Kind || !bytes.Equal(f.Data, rest[i].Data) {
				t.Fatalf("frame %+v, want %+v", f, rest[i])
			}
			if !f.Time.After(before) || f.Time.After(now) {
				t.Fatalf("frame %d at %v, after %v", f.Seq, f.Time, before)
			}
			before = f.Time
		}
	}
}

func TestGapIsAnErrorWithItsRange(t *testing.T) {
	j := mustCreate(t, t.TempDir(), Options{SegmentSize: 1})
	mustAppend(t, j, Output, []byte("before"))
	mustAppend(t, j, Gap, append(GapPayload(1000), "disk full"...))
	mustAppend(t, j, Output, []byte("after"))
	want := GapError{From: 6, To: 1006, Reason: Lost}
	for _, c := range []struct {
		off  int64
		size int
		text string
		gap  bool
	}{
		{0, 6, "before", false},
		{0, 7, "before", true},
		{6, 1, "", true},
		{900, 500, "", true},
		{1005, 1, "", true},
		{1006, 5, "after", false},
	} {
		p := make([]byte, c.size)
		n, err := j.ReadAt(p, c.off)
		var gap *GapError
		if string(p[:n]) != c.text || errors.As(err, &gap) != c.gap || (c.gap && *gap != want) || (!c.gap && err != nil) {
			t.Errorf("ReadAt(%d, %d) = %q, %v", c.size, c.off, p[:n], err)
		}
	}
	got, gaps := collect(t, j.Reader(0, -1))
	if string(got) != "beforeafter" || !slices.Equal(gaps, []GapError{want}) {
		t.Errorf("streamed %q with %v", got, gaps)
	}
}

func TestOutputIsSplitAndOtherKindsRefused(t *testing.T) {
	j := mustCreate(t, t.TempDir(), Options{})
	big := noise(maxOutput*2+1, 1)
	if at := mustAppend(t, j, Output, big); at != (Position{1, 0}) || j.End().Seq != 4 {
		t.Errorf("at %+v, end %+v", at, j.End())
	}
	if got, _ := collect(t, j.Reader(0, -1)); !bytes.Equal(got, big) {
		t.Error("split output differs")
	}
	for _, c := range []struct {
		k Kind
		p []byte
	}{
		{Checkpoint, make([]byte, MaxPayload+1)}, {0, nil}, {footer, nil},
		{Gap, nil}, {Gap, GapPayload(0)}, {Gap, GapPayload(-1)}, {Gap, GapPayload(1<<63 - 1)},
	} {
		if _, err := j.Append(c.k, c.p); err == nil {
			t.Errorf("%s of %d bytes was accepted", c.k, len(c.p))
		}
	}
	if j.End().Seq != 4 {
		t.Errorf("a refused frame moved the end: %+v", j.End())
	}
}

func TestLastCheckpointIsFoundAcrossSegmentsAndDamage(t *testing.T) {
	dir := t.TempDir()
	j := mustCreate(t, dir, Options{SegmentSize: 10000})
	if _, ok := j.Checkpoint(); ok {
		t.Fatal("a checkpoint in an empty journal")
	}
	mustAppend(t, j, Checkpoint, []byte("first"))
	fill(t, j, 10)
	large := noise(scanBuffer*2, 9)
	at := mustAppend(t, j, Checkpoint, large)
	tail := fill(t, j, 30)
	check := func(j *Journal, want []byte, at Position, since int64) {
		t.Helper()
		f, ok := j.Checkpoint()
		if !ok || !bytes.Equal(f.Data, want) || f.Seq != at.Seq || f.Offset != at.Offset || j.SinceCheckpoint() != since {
			t.Fatalf("checkpoint %v at %d,%d with %d bytes, since %d", ok, f.Seq, f.Offset, len(f.Data), j.SinceCheckpoint())
		}
	}
	check(j, large, at, int64(len(tail)))
	j.Close()
	j2, _ := mustOpen(t, dir, Options{})
	check(j2, large, at, int64(len(tail)))
	p := j2.ckpt
	j2.Close()

	flip(t, filepath.Join(dir, segmentName(p.segment)), int64(p.pos)+frameSize+3)
	j3, _ := mustOpen(t, dir, Options{})
	check(j3, []byte("first"), Position{1, 0}, j3.End().Offset)
}

func flip(t testing.TB, path string, at int64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 0x10
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCreateRefusesAnExistingJournal(t *testing.T) {
	j := mustCreate(t, t.TempDir(), Options{})
	if _, err := Create(j.dir, Options{Session: "s1"}); !errors.Is(err, ErrExists) {
		t.Errorf("create: %v", err)
	}
	if _, _, err := Open(j.dir, Options{Session: "other"}); err == nil {
		t.Error("another session's journal was opened")
	}
	if _, _, err := Open(t.TempDir(), Options{}); !errors.Is(err, ErrNoJournal) {
		t.Errorf("open of nothing: %v", err)
	}
	if err := errors.Join(j.Close(), Remove(j.dir)); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(j.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Remove: %v", err)
	}
}

func TestReadersRunWhileFramesAreAppended(t *testing.T) {
	j := mustCreate(t, t.TempDir(), Options{SegmentSize: 50000})
	const pieces, size = 400, 1000
	want := noise(pieces*size, 5)
	stop, done := make(chan struct{}), make(chan error, 3)
	for range 3 {
		go func() {
			for {
				got, err := io.ReadAll(j.Reader(0, -1))
				if err == nil && !bytes.Equal(got, want[:len(got)]) {
					err = errors.New("read something else than was written")
				}
				if err == nil {
					err = j.Sync()
				}
				if err != nil {
					done <- err
					return
				}
				select {
				case <-stop:
					done <- nil
					return
				default:
				}
			}
		}()
	}
	for i := range pieces {
		mustAppend(t, j, Output, want[i*size:(i+1)*size])
	}
	close(stop)
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestClockGoesOnOverRestartsAndNeverBack(t *testing.T) {
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	o := Options{Session: "s1", Now: func() time.Time { return now }}
	dir := t.TempDir()
	j := mustCreate(t, dir, o)
	var want []time.Time
	mark := func() {
		now = now.Add(time.Minute)
		want = append(want, now)
		mustAppend(t, j, Mark, nil)
	}
	step := func(d time.Duration) {
		mark()
		j.Close()
		now = now.Add(d)
		j, _ = mustOpen(t, dir, o)
		mark()
	}
	step(time.Hour)
	step(-10 * 365 * 24 * time.Hour) // the clock was set
	step(20 * 365 * 24 * time.Hour)
	ns, _ := segmentNumbers(dir)
	if len(ns) != 2 {
		t.Errorf("segments %v, want a second one where the clock went back", ns)
	}
	fs, _ := frames(t, j, 0)
	for i, f := range fs {
		if !f.Time.Equal(want[i]) {
			t.Errorf("frame %d at %v, want %v", f.Seq, f.Time, want[i])
		}
	}
	var mono []int64
	c := j.cursor()
	defer c.close()
	if err := c.enter(0, nil); err != nil {
		t.Fatal(err)
	}
	for f, _, err := c.next(); err == nil; f, _, err = c.next() {
		mono = append(mono, f.time)
	}
	if !slices.IsSorted(mono) {
		t.Errorf("monotonic times %v", mono)
	}
}

// Somebody sets the clock while a journal is written to, or the machine sleeps: what is
// appended next has the time that the clock shows, and no frame is lost.
func TestClockThatIsSetUnderAJournalIsFollowed(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for _, c := range []struct {
		name     string
		jump     time.Duration
		segments int
	}{
		{"ten years ahead", 10 * year, 1},
		{"ten years back", -10 * year, 2},
		{"eight hours of sleep", 8 * time.Hour, 1},
		{"an hour back", -time.Hour, 2},
		{"a second back", -time.Second, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			now, mono := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), map[time.Time]time.Duration{}
			at := time.Duration(0)
			tick := func(wall, passed time.Duration) {
				now, at = now.Add(wall), at+passed
				mono[now] = at
			}
			o := Options{Session: "s1", Now: func() time.Time { return now },
				passed: func(from, to time.Time) time.Duration { return mono[to] - mono[from] }}
			tick(0, 0)
			dir := t.TempDir()
			j := mustCreate(t, dir, o)
			var want []time.Time
			say := func() {
				tick(time.Minute, time.Minute)
				want = append(want, now)
				mustAppend(t, j, Output, []byte("said\n"))
			}
			say()
			tick(c.jump, 0)
			say()
			say()
			if ns, _ := segmentNumbers(dir); len(ns) != c.segments {
				t.Errorf("segments %v, want %d", ns, c.segments)
			}
			fs, _ := frames(t, j, 0)
			for i, f := range fs {
				if d := f.Time.Sub(want[i]).Abs(); d > jumpSlack {
					t.Errorf("frame %d at %v, want %v", f.Seq, f.Time, want[i])
				}
			}
			if len(fs) != 3 {
				t.Errorf("%d frames of 3", len(fs))
			}
			since := Query{Text: "said", FromTime: now.Add(-90 * time.Second)}
			hits := 0
			for _, err := range j.Search(t.Context(), since) {
				if err != nil {
					t.Fatal(err)
				}
				hits++
			}
			if want := map[bool]int{true: 2, false: 3}[c.jump > 0]; c.jump.Abs() > time.Minute && hits != want {
				t.Errorf("%d lines since the clock was set, want %d", hits, want)
			}
		})
	}
}
