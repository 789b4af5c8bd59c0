package persistence

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// layout is a small journal whose places are known: frames of 136 bytes, four to
// a segment, 100 bytes of output each.
func layout(t testing.TB) (dir string, out []byte) {
	t.Helper()
	dir = t.TempDir()
	j := mustCreate(t, dir, Options{SegmentSize: headerSize + 4*136})
	out = noise(1000, 11)
	for i := range 10 {
		mustAppend(t, j, Output, out[i*100:][:100])
	}
	j.Close()
	return dir, out
}

func at(frame int) int64 { return headerSize + int64(frame)*136 }

func TestDamageCostsItselfAndIsReportedExactly(t *testing.T) {
	for _, c := range []struct {
		name    string
		segment uint32
		hurt    func([]byte) []byte
		damaged []Damage // seen by Open
		verify  []Damage // seen by Verify
		cut     *Damage
		removed []int
		gaps    []GapError
		end     Position
	}{
		{
			name: "a byte in the last segment", segment: 3,
			hurt:    func(b []byte) []byte { b[at(0)+50] ^= 1; return b },
			damaged: []Damage{{3, at(0), at(1), 9, 1, 800, 900, Damaged}},
			verify:  []Damage{{3, at(0), at(1), 9, 1, 800, 900, Damaged}},
			gaps:    []GapError{{800, 900, Damaged}}, end: Position{11, 1000},
		},
		{
			name: "a length in an older segment", segment: 1,
			hurt:   func(b []byte) []byte { b[at(1)+5] ^= 1; return b },
			verify: []Damage{{1, at(1), at(2), 2, 1, 100, 200, Damaged}},
			gaps:   []GapError{{100, 200, Damaged}}, end: Position{11, 1000},
		},
		{
			name: "two frames zeroed", segment: 2,
			hurt:   func(b []byte) []byte { clear(b[at(1):at(3)]); return b },
			verify: []Damage{{2, at(1), at(3), 6, 2, 500, 700, Damaged}},
			gaps:   []GapError{{500, 700, Damaged}}, end: Position{11, 1000},
		},
		{
			name: "the end of an older segment flipped", segment: 1,
			hurt:   func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
			verify: []Damage{{1, at(3), at(4), 4, 1, 300, 400, Damaged}},
			gaps:   []GapError{{300, 400, Damaged}}, end: Position{11, 1000},
		},
		{
			name: "an older segment cut inside a frame", segment: 1,
			hurt:    func(b []byte) []byte { return b[:at(2)+7] },
			damaged: []Damage{{1, at(2), at(2) + 7, 3, 2, 200, 400, Damaged}},
			verify:  []Damage{{1, at(2), at(2) + 7, 3, 2, 200, 400, Damaged}},
			gaps:    []GapError{{200, 400, Damaged}}, end: Position{11, 1000},
		},
		{
			name: "an older segment cut between frames", segment: 2,
			hurt:    func(b []byte) []byte { return b[:at(1)] },
			damaged: []Damage{{2, at(1), at(1), 6, 3, 500, 800, Absent}},
			verify:  []Damage{{2, at(1), at(1), 6, 3, 500, 800, Absent}},
			gaps:    []GapError{{500, 800, Absent}}, end: Position{11, 1000},
		},
		{
			name: "an older header", segment: 2,
			hurt: func(b []byte) []byte { b[60] ^= 1; return b },
			damaged: []Damage{
				{2, 0, at(4), 0, -1, 0, 800, Absent},
				{1, at(4), at(4), 5, 4, 400, 800, Absent},
			},
			verify: []Damage{{1, at(4), at(4), 5, 4, 400, 800, Absent}},
			gaps:   []GapError{{400, 800, Absent}}, end: Position{11, 1000},
		},
		{
			name: "the first header", segment: 1,
			hurt:    func(b []byte) []byte { b[60] ^= 1; return b },
			damaged: []Damage{{1, 0, at(4), 0, -1, 0, 400, Absent}},
			verify:  []Damage{{2, 0, 0, 1, 4, 0, 400, Absent}},
			gaps:    []GapError{{0, 400, Absent}}, end: Position{11, 1000},
		},
		{
			name: "an older segment removed", segment: 2,
			hurt:    func(b []byte) []byte { return nil },
			damaged: []Damage{{1, at(4), at(4), 5, 4, 400, 800, Absent}},
			verify:  []Damage{{1, at(4), at(4), 5, 4, 400, 800, Absent}},
			gaps:    []GapError{{400, 800, Absent}}, end: Position{11, 1000},
		},
		{
			name: "a torn tail", segment: 3,
			hurt: func(b []byte) []byte { return b[:at(1)+99] },
			cut:  &Damage{3, at(1), at(1) + 99, 10, -1, 900, -1, Damaged}, end: Position{10, 900},
		},
		{
			name: "a tail of zeros", segment: 3,
			hurt: func(b []byte) []byte { return append(b, make([]byte, 5000)...) },
			cut:  &Damage{3, at(2), at(2) + 5000, 11, -1, 1000, -1, Damaged}, end: Position{11, 1000},
		},
		{
			name: "a last segment too short for its header", segment: 3,
			hurt:    func(b []byte) []byte { return b[:100] },
			removed: []int{3}, end: Position{9, 800},
		},
		{
			name: "the last header", segment: 3, // the file may have held 432 bytes, at most 13 frames
			hurt:    func(b []byte) []byte { b[3] ^= 1; return b },
			damaged: []Damage{{3, 0, at(2), 0, -1, 0, -1, Absent}},
			verify:  []Damage{{2, at(4), at(4), 9, 13, 800, 1232, Absent}},
			gaps:    []GapError{{800, 1232, Absent}}, end: Position{22, 1232},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, out := layout(t)
			path := filepath.Join(dir, segmentName(c.segment))
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if b = c.hurt(b); b == nil {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, b, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			j, r := mustOpen(t, dir, Options{})
			if want := (Recovery{Cut: c.cut, Removed: c.removed, Damaged: c.damaged}); !reflect.DeepEqual(r, want) {
				t.Errorf("recovery\n%+v\nwant\n%+v", r, want)
			}
			if v, err := j.Verify(); err != nil || !slices.Equal(v, c.verify) {
				t.Errorf("verify %+v, %v\nwant %+v", v, err, c.verify)
			}
			if j.End() != c.end {
				t.Errorf("end %+v, want %+v", j.End(), c.end)
			}
			checkHoles(t, j, out, c.gaps)

			mustAppend(t, j, Output, []byte("goes on"))
			j.Close()
			j2, r2 := mustOpen(t, dir, Options{})
			if r2.Cut != nil || r2.Removed != nil {
				t.Errorf("opened again: %+v", r2)
			}
			p := make([]byte, 7)
			if n, err := j2.ReadAt(p, c.end.Offset); n != 7 || err != nil || string(p) != "goes on" {
				t.Errorf("after recovery read %q, %v", p[:n], err)
			}
		})
	}
}

// checkHoles reads all output and expects out with exactly these gaps in it.
func checkHoles(t testing.TB, j *Journal, out []byte, gaps []GapError) {
	t.Helper()
	var want []byte
	from := int64(0)
	for _, g := range gaps {
		want, from = append(want, out[from:g.From]...), g.To
	}
	want = append(want, out[min(from, int64(len(out))):max(min(j.End().Offset, int64(len(out))), min(from, int64(len(out))))]...)
	got, seen := collect(t, j.Reader(0, -1))
	if !bytes.Equal(got, want) || !slices.Equal(seen, gaps) {
		t.Errorf("read %d bytes with gaps %v, want %d with %v", len(got), seen, len(want), gaps)
	}
}

func TestPrintedFramesAreNotTakenForFrames(t *testing.T) {
	dir := t.TempDir()
	j := mustCreate(t, dir, Options{})
	mustAppend(t, j, Output, []byte("one"))
	// A program that knows the format, but not the salt, prints a frame.
	forged := new(guard).put(nil, frameHeader{kind: Output, seq: 3, offset: 10}, nonce{}, []byte("evil"))
	mustAppend(t, j, Output, append(forged, noise(500, 1)...))
	mustAppend(t, j, Output, []byte("three"))
	j.Close()
	flip(t, j.path(1), headerSize+frameSize+3+4) // the length of the second frame
	j, r := mustOpen(t, dir, Options{})
	got, gaps := collect(t, j.Reader(0, -1))
	if string(got) != "onethree" || len(gaps) != 1 || len(r.Damaged) != 1 || r.Damaged[0].Frames != 1 {
		t.Errorf("read %q with %v, %+v", got, gaps, r)
	}
}

func TestNewerFilesAreRefusedAndLeftAlone(t *testing.T) {
	for name, change := range map[string]func(*header){
		"encrypted, and not": func(h *header) { h.keyID = 1 },
		"unknown flag":       func(h *header) { h.flags = 1 << 9 },
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := layout(t)
			path := filepath.Join(dir, segmentName(3))
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			h, err := decodeHeader(b)
			if err != nil {
				t.Fatal(err)
			}
			change(&h)
			copy(b, h.encode())
			b = append(b, "torn"...)
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, err := Open(dir, Options{}); !errors.Is(err, ErrUnsupported) {
				t.Errorf("open: %v", err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, b) {
				t.Errorf("the file changed, %v", err)
			}
		})
	}
}

// smallDisk fails writes beyond a number of bytes, as a full disk does: the part
// that fits is written.
type smallDisk struct {
	segmentFile
	left       *int
	err        error
	noTruncate bool
}

func (d smallDisk) WriteAt(p []byte, off int64) (int, error) {
	n := min(len(p), *d.left)
	*d.left -= n
	if m, err := d.segmentFile.WriteAt(p[:n], off); err != nil || n == len(p) {
		return m, err
	}
	return n, d.err
}

func (d smallDisk) Truncate(size int64) error {
	if d.noTruncate {
		return errors.New("no truncate either")
	}
	return d.segmentFile.Truncate(size)
}

func TestFullDiskLeavesAWholeJournal(t *testing.T) {
	for _, c := range []struct {
		name       string
		size       int // of segments
		noTruncate bool
	}{{"one segment", 0, false}, {"a segment per frame", 1, false}, {"truncate fails too", 0, true}} {
		t.Run(c.name, func(t *testing.T) {
			left, dir := 3000, t.TempDir()
			o := Options{SegmentSize: c.size, wrap: func(f segmentFile) segmentFile {
				return smallDisk{f, &left, errFullForTest, c.noTruncate}
			}}
			j := mustCreate(t, dir, o)
			var out []byte
			var err error
			for i := 0; err == nil && i < 100; i++ {
				p := noise(100, uint64(i))
				if _, err = j.Append(Output, p); err == nil {
					out = append(out, p...)
				}
			}
			if !errors.Is(err, ErrFull) || j.End().Offset != int64(len(out)) {
				t.Fatalf("%v, end %+v after %d bytes", err, j.End(), len(out))
			}
			if got, _ := collect(t, j.Reader(0, -1)); !bytes.Equal(got, out) {
				t.Error("what was appended before is not readable")
			}
			if !c.noTruncate { // as it lies on the disk now, a crash loses nothing
				if _, r := mustOpen(t, dir, Options{}); !r.Clean() {
					t.Errorf("left behind: %+v", r)
				}
			}
			left = 1 << 20 // space again
			mustAppend(t, j, Gap, GapPayload(100))
			mustAppend(t, j, Output, []byte("later"))
			j.Close()
			j2, r := mustOpen(t, dir, Options{})
			got, gaps := collect(t, j2.Reader(0, -1))
			n := int64(len(out))
			if !bytes.Equal(got, append(out, "later"...)) || !slices.Equal(gaps, []GapError{{n, n + 100, Lost}}) || len(r.Damaged) > 0 {
				t.Errorf("read %d bytes, gaps %v, recovery %+v", len(got), gaps, r)
			}
		})
	}
}

func TestOtherWriteErrorsAreNotAFullDisk(t *testing.T) {
	left := headerSize
	j := mustCreate(t, t.TempDir(), Options{wrap: func(f segmentFile) segmentFile {
		return smallDisk{f, &left, io.ErrClosedPipe, false}
	}})
	if _, err := j.Append(Output, []byte("x")); !errors.Is(err, io.ErrClosedPipe) || errors.Is(err, ErrFull) {
		t.Errorf("append: %v", err)
	}
}

// The files in testdata were written by released versions; they stay readable.
func TestFilesOfEarlierVersionsStayReadable(t *testing.T) {
	for _, c := range fixtures {
		t.Run(c.dir, func(t *testing.T) {
			path := filepath.Join("testdata", c.dir)
			if *update {
				writeFixture(t, path, c.sealed, c.encrypt)
			}
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(path)); err != nil {
				t.Fatal(err)
			}
			b, err := readBeginning(filepath.Join(dir, "0001.seg"))
			if err != nil || b.sealed() != c.sealed || (b.keyID != 0) != c.encrypt {
				t.Fatalf("%+v, %v", b, err)
			}
			fixtureHolds(t, dir)
		})
	}
}

func fixtureHolds(t *testing.T, dir string) {
	t.Helper()
	j, r := mustOpen(t, dir, Options{Session: "fixture", Keys: fixedKeys{}})
	if !r.Clean() {
		t.Errorf("recovery %+v", r)
	}
	got, gaps := collect(t, j.Reader(0, -1))
	if string(got) != "hello\r\nworld\r\n" || !slices.Equal(gaps, []GapError{{7, 49, Lost}}) {
		t.Errorf("output %q, gaps %v", got, gaps)
	}
	fs, ds := frames(t, j, 0)
	var kinds []string
	for _, f := range fs {
		kinds = append(kinds, f.Kind.String())
	}
	want := []string{"output", "resize", "mark", "exec-start", "gap", "output", "exec-end", "input", "synthetic", "checkpoint", "kind 200"}
	if !slices.Equal(kinds, want) || len(ds) > 0 {
		t.Errorf("kinds %v, damage %v", kinds, ds)
	}
	if got := fs[0].Time.UTC().Format("2006-01-02 15:04:05"); got != "2026-01-02 03:04:05" {
		t.Errorf("first frame at %s", got)
	}
	if f, ok := j.Checkpoint(); !ok || string(f.Data) != "screen" || j.SinceCheckpoint() != 0 {
		t.Errorf("checkpoint %v %q", ok, f.Data)
	}
}
