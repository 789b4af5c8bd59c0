package persistence

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// FuzzOpen opens any bytes as the last or an older segment: no panic, and what is
// readable is consistent with what is reported.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"0001.seg", "0002.seg", "0003.seg"} {
		b, err := os.ReadFile(filepath.Join("testdata", "v1", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, true)
		f.Add(b[:len(b)/2], false)
	}
	f.Fuzz(func(t *testing.T, b []byte, older bool) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "0001.seg"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if older {
			h := header{number: 2, offset: 1000, seq: 100, session: "fixture", checkpoint: place{1, 200}}
			if err := os.WriteFile(filepath.Join(dir, "0002.seg"), h.encode(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		j, _, err := Open(dir, Options{})
		if err != nil {
			return
		}
		defer j.Close()
		consistent(t, j)
		if _, err := j.Append(Output, []byte("x")); err != nil && j.End().Offset < 1<<62 {
			t.Fatal(err)
		}
	})
}

// consistent reads a journal in each way and compares.
func consistent(t *testing.T, j *Journal) (output []byte, damage []Damage) {
	t.Helper()
	fs, seen := frames(t, j, 0)
	damage, err := j.Verify()
	if err != nil || !slices.Equal(seen, damage) {
		t.Fatalf("frames met %+v, verify %+v, %v", seen, damage, err)
	}
	for _, f := range fs {
		if f.Kind == Output {
			output = append(output, f.Data...)
		}
	}
	streamed, _ := collect(t, j.Reader(0, -1))
	if !bytes.Equal(streamed, output) {
		t.Fatalf("streamed %d bytes, frames hold %d", len(streamed), len(output))
	}
	j.Checkpoint()
	return output, damage
}

// FuzzRoundTrip writes frames cut from any bytes, reads them back, then cuts or
// flips the files: what is left is exactly what the report leaves.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("hello\x01world\x02\x07checkpoint"), uint16(0), uint16(0), false)
	f.Add(noise(3000, 4), uint16(900), uint16(5), true)
	f.Add(noise(3000, 5), uint16(2000), uint16(0), false)
	f.Fuzz(func(t *testing.T, b []byte, where, bit uint16, cut bool) {
		dir := t.TempDir()
		j := mustCreate(t, dir, Options{SegmentSize: 1200})
		want := appendCut(t, j, b)
		got, damage := frames(t, j, 0)
		if damage != nil || !slices.EqualFunc(got, want, sameFrame) {
			t.Fatalf("%d frames back of %d, damage %+v", len(got), len(want), damage)
		}
		j.Close()
		hurt(t, dir, int64(where), bit, cut)
		j, r, err := Open(dir, Options{})
		if err != nil {
			if ns, _ := segmentNumbers(dir); len(ns) > 1 {
				t.Fatal(err) // only a lone damaged header leaves nothing to open
			}
			return
		}
		defer j.Close()
		_, damage = consistent(t, j)
		explained(t, j, r, damage, want)
	})
}

func sameFrame(a, b Frame) bool {
	return a.Seq == b.Seq && a.Offset == b.Offset && a.Kind == b.Kind && bytes.Equal(a.Data, b.Data)
}

// appendCut makes frames of b: kind from a byte, length from the next.
func appendCut(t *testing.T, j *Journal, b []byte) (fs []Frame) {
	for len(b) >= 2 && len(fs) < 200 {
		k, n := Kind(b[0]%12), min(int(b[1])*2, len(b)-2)
		p := b[2 : 2+n]
		b = b[2+n:]
		if k == 0 || k == Gap {
			k = Output
		}
		at := mustAppend(t, j, k, p)
		fs = append(fs, Frame{Seq: at.Seq, Offset: at.Offset, Kind: k, Data: p})
	}
	return fs
}

// hurt cuts or flips at a position counted over all files.
func hurt(t *testing.T, dir string, where int64, bit uint16, cut bool) {
	ns, err := segmentNumbers(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range ns {
		path := filepath.Join(dir, segmentName(n))
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if where >= int64(len(b)) {
			where -= int64(len(b))
			continue
		}
		if cut {
			b = b[:where]
		} else {
			b[where] ^= 1 << (bit % 8)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
}

// explained checks that frames that are left are unchanged, and that each one
// that is not is inside a reported damage or behind a cut end.
func explained(t *testing.T, j *Journal, r Recovery, damage []Damage, want []Frame) {
	left, _ := frames(t, j, 0)
	have := map[uint64]Frame{}
	for _, f := range left {
		have[f.Seq] = f
	}
	lost := 0
	for _, w := range want {
		f, ok := have[w.Seq]
		if ok && !sameFrame(f, w) {
			t.Fatalf("frame %d changed", w.Seq)
		}
		if ok {
			continue
		}
		lost++
		inside := w.Seq >= j.End().Seq
		for _, d := range damage {
			inside = inside || w.Seq >= d.FirstSeq && w.Seq < d.FirstSeq+uint64(d.Frames)
		}
		if !inside {
			t.Fatalf("frame %d is gone and nobody says so: %+v", w.Seq, damage)
		}
	}
	if len(left)+lost != len(want) {
		t.Fatalf("%d frames left and %d lost of %d", len(left), lost, len(want))
	}
	if lost > 0 && len(damage) == 0 && r.Clean() {
		// A cut exactly between two frames of the last segment leaves a whole,
		// shorter journal: there is nothing to see.
		if j.End().Seq+uint64(lost) != uint64(len(want)+1) {
			t.Fatalf("%d frames lost in silence", lost)
		}
	}
}

// FuzzBlocks reads any bytes as block numbers: what is accepted names a number
// above each record that is whole.
func FuzzBlocks(f *testing.F) {
	f.Add([]byte(blocksV1))
	f.Add([]byte(blocksV1)[:20])
	f.Fuzz(func(t *testing.T, b []byte) {
		next, slot, err := decodeBlocks(b)
		if err != nil {
			return
		}
		for i := range 2 {
			if v, ok := blockRecordAt(b, i); ok && len(b) > blockRecord && next < v {
				t.Fatalf("next %d, record %d says %d", next, i, v)
			}
		}
		if next == 0 || slot < 0 || slot > 1 {
			t.Fatalf("next %d, slot %d", next, slot)
		}
	})
}
