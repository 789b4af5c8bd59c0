package persistence

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"
)

// history is a sealed journal of several segments, each with a checkpoint, with
// the output it holds.
func history(t testing.TB, dir string, o Options) (*Journal, []byte) {
	t.Helper()
	o.SegmentSize = 100_000
	j := mustCreate(t, dir, o)
	var out []byte
	for i := range 40 {
		if i == 3 || i == 9 { // the second one never ends
			mustAppend(t, j, ExecStart, fmt.Appendf(nil, `{"block":%d}`, i))
		}
		if i == 5 {
			mustAppend(t, j, ExecEnd, []byte(`{"exit":0}`))
		}
		p := logs(20_000, uint64(i))
		mustAppend(t, j, Output, p)
		mustAppend(t, j, Checkpoint, fmt.Appendf(nil, "screen %d", i))
		out = append(out, p...)
	}
	mustSeal(t, j)
	return j, out
}

func TestEvictedOutputReadsAsEvicted(t *testing.T) {
	dir := t.TempDir()
	j, out := history(t, dir, Options{})
	before, keep := j.Bytes(), j.Bytes()/2
	freed, err := j.Evict(keep)
	if err != nil || freed <= 0 || j.Bytes() != before-freed || j.Bytes() > keep {
		t.Fatalf("freed %d of %d, kept %d, want %d; %v", freed, before, j.Bytes(), keep, err)
	}
	check := func(j *Journal) {
		t.Helper()
		e := j.Evicted()
		if e == nil || e.To.Offset <= 0 || e.Segments < 2 || e.Lines != int64(bytes.Count(out[:e.To.Offset], newline)) {
			t.Fatalf("%+v", e)
		}
		p := make([]byte, 100)
		for _, off := range []int64{0, 1000, e.To.Offset - 1} {
			n, err := j.ReadAt(p, off)
			var got *Evicted
			var gap *GapError
			if n != 0 || !errors.As(err, &got) || *got != *e || !errors.As(err, &gap) || gap.To != e.To.Offset || gap.Reason != Dropped {
				t.Errorf("read at %d: %d, %v", off, n, err)
			}
		}
		got, gaps := collect(t, j.Reader(0, -1))
		if !bytes.Equal(got, out[e.To.Offset:]) || !slices.Equal(gaps, []GapError{{0, e.To.Offset, Dropped}}) {
			t.Errorf("%d bytes, gaps %v", len(got), gaps)
		}
		if d, err := j.Verify(); err != nil || d != nil {
			t.Errorf("verify %v, %v", d, err)
		}
		fs, damage := frames(t, j, 0)
		if len(damage) != 1 || damage[0].Reason != Dropped || damage[0].Frames != int64(e.To.Seq-1) {
			t.Errorf("damage %+v", damage)
		}
		if fs[0].Kind != ExecStart || string(fs[0].Data) != `{"block":9}` || fs[1].Seq != e.To.Seq {
			t.Errorf("first frames %d %s %q, %d", fs[0].Seq, fs[0].Kind, fs[0].Data, fs[1].Seq)
		}
		if hs, gaps := hits(t, j, Query{Text: "warning"}); len(hs) == 0 || len(gaps) != 1 {
			t.Errorf("%d hits, gaps %v", len(hs), gaps)
		}
		if f, ok := j.Checkpoint(); !ok || string(f.Data) != "screen 39" {
			t.Errorf("checkpoint %v %q", ok, f.Data)
		}
	}
	check(j)
	j.Close()
	j2, r := mustOpen(t, dir, Options{})
	if !r.Clean() {
		t.Errorf("%+v", r)
	}
	check(j2)
	// All that may go goes; again and again there is no more.
	if _, err := j2.Evict(0); err != nil {
		t.Fatal(err)
	}
	if freed, err := j2.Evict(0); freed != 0 || err != nil || len(j2.segs) > 2 {
		t.Errorf("freed %d more, %v, %d segments", freed, err, len(j2.segs))
	}
	check(j2)
}

func TestNothingIsEvictedThatARebuildNeeds(t *testing.T) {
	j := mustCreate(t, t.TempDir(), Options{SegmentSize: 1000})
	for range 20 {
		mustAppend(t, j, Output, make([]byte, 900))
	}
	if freed, err := j.Evict(0); freed != 0 || err != nil {
		t.Errorf("freed %d without a checkpoint, %v", freed, err)
	}
	mustAppend(t, j, Checkpoint, []byte("screen"))
	for range 20 {
		mustAppend(t, j, Output, make([]byte, 900))
	}
	if _, err := j.Evict(0); err != nil {
		t.Fatal(err)
	}
	if f, ok := j.Checkpoint(); !ok || j.segs[0].number != j.ckpt.segment || f.Offset != 20*900 {
		t.Errorf("checkpoint %v %+v, first segment %d", ok, f.Seq, j.segs[0].number)
	}
}

func TestEvictionByAge(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	j := mustCreate(t, t.TempDir(), Options{SegmentSize: 1000, Now: func() time.Time { return now }})
	for range 48 {
		mustAppend(t, j, Output, make([]byte, 900))
		mustAppend(t, j, Checkpoint, nil)
		now = now.Add(time.Hour)
	}
	if _, err := j.EvictBefore(now.Add(-24 * time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := j.Evicted().To.Offset / 900; got < 22 || got > 24 {
		t.Errorf("evicted %d hours", got)
	}
}

func TestEvictionCutOffAnywhereIsWholeOrNot(t *testing.T) {
	for _, c := range []struct {
		point string
		after int
		gone  bool
	}{{"evict: before the tombstone", 0, false}, {"evict: before a removal", 0, true}, {"evict: before a removal", 1, true}} {
		t.Run(fmt.Sprint(c.point, c.after), func(t *testing.T) {
			crash, n := errors.New("crash"), 0
			dir := t.TempDir()
			j, out := history(t, dir, Options{fail: func(p string) error {
				if p != c.point {
					return nil
				}
				if n++; n == c.after+1 {
					return crash
				}
				return nil
			}})
			if _, err := j.Evict(j.Bytes() / 2); !errors.Is(err, crash) {
				t.Fatal(err)
			}
			for range 2 {
				got, gaps := collect(t, j.Reader(0, -1))
				if c.gone != (len(gaps) == 1) || !bytes.HasSuffix(out, got) {
					t.Errorf("%d bytes of %d, gaps %v", len(got), len(out), gaps)
				}
				j.Close()
				var r Recovery
				if j, r = mustOpen(t, dir, Options{}); !r.Clean() {
					t.Errorf("%+v", r)
				}
			}
			ns, _ := segmentNumbers(dir)
			if c.gone != (ns[0] > 1) {
				t.Errorf("segments %v", ns)
			}
		})
	}
}

func TestADamagedTombstoneIsReported(t *testing.T) {
	dir := t.TempDir()
	j, out := history(t, dir, Options{})
	j.Evict(j.Bytes() / 2)
	to := j.Evicted().To.Offset
	j.Close()
	whole, err := os.ReadFile(filepath.Join(dir, tombstoneName))
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		flip(t, filepath.Join(dir, tombstoneName), int64(at))
		j, r := mustOpen(t, dir, Options{})
		got, gaps := collect(t, j.Reader(0, -1))
		if len(r.Damaged) != 1 || !bytes.Equal(got, out[to:]) || !slices.Equal(gaps, []GapError{{0, to, Absent}}) {
			t.Fatalf("byte %d: %+v, %d bytes, gaps %v", at, r, len(got), gaps)
		}
		j.Close()
		flip(t, filepath.Join(dir, tombstoneName), int64(at))
	}
}

func FuzzTombstone(f *testing.F) {
	f.Add((&tombstone{first: 3, Evicted: Evicted{To: Position{Seq: 9, Offset: 99}}}).encode())
	f.Add((&tombstone{first: 3, Evicted: Evicted{To: Position{Seq: 9}}, is: true, open: Frame{Seq: 2, Data: []byte("x"), Time: time.Unix(0, 5)}}).encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, err := decodeTombstone(b); err == nil && !bytes.Equal(got.encode()[:tombstoneSize-16], b[:tombstoneSize-16]) {
			t.Fatalf("%x became %x", b, got.encode())
		}
	})
}

func TestPlanKeepsToTheLimits(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	all := []Usage{
		{ID: "a", Bytes: 100, Written: day(9)}, {ID: "b", Bytes: 300, Written: day(5)},
		{ID: "live1", Bytes: 500, Written: day(20)}, {ID: "live2", Bytes: 200, Written: day(0)},
	}
	ended := func(id string) bool { return id == "a" || id == "b" }
	for _, c := range []struct {
		name string
		l    Limits
		want []Action
	}{
		{"no limit reached", Limits{Now: now}, nil},
		{"age", Limits{Now: now, Age: 6 * 24 * time.Hour}, []Action{{ID: "a", Remove: true}}},
		{"each", Limits{Now: now, Session: 250}, []Action{{ID: "b", Keep: 250}, {ID: "live1", Keep: 250}}},
		{"all, the oldest ended goes", Limits{Now: now, Total: 1000}, []Action{{ID: "a", Remove: true}}},
		{"all, both go", Limits{Now: now, Total: 701}, []Action{{ID: "a", Remove: true}, {ID: "b", Remove: true}}},
		{"then the largest is cut", Limits{Now: now, Total: 500},
			[]Action{{ID: "a", Remove: true}, {ID: "b", Remove: true}, {ID: "live1", Keep: 300}}},
		{"and both", Limits{Now: now, Total: 300},
			[]Action{{ID: "a", Remove: true}, {ID: "b", Remove: true}, {ID: "live1", Keep: 150}, {ID: "live2", Keep: 150}}},
		{"no quota", Limits{Now: now, Session: -1}, nil},
	} {
		if got := c.l.Plan(all, ended); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestEnforceCutsTheLivingAndRemovesTheEnded(t *testing.T) {
	s := mustStore(t, t.TempDir())
	js := map[string]*Journal{}
	for _, id := range []string{"old", "live"} {
		j, err := s.Create(id, []byte("{}"), Options{SegmentSize: 100_000})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			mustAppend(t, j, Output, noise(50_000, uint64(i)))
			mustAppend(t, j, Checkpoint, nil)
		}
		mustSeal(t, j)
		js[id] = j
	}
	js["old"].Close()
	defer js["live"].Close()
	past := time.Now().Add(-time.Hour)
	for _, e := range []string{"meta.json", "0001.seg"} {
		if err := os.Chtimes(filepath.Join(s.path("old"), e), past, past); err != nil {
			t.Fatal(err)
		}
	}
	l := Limits{Total: 600_000, Live: func(id string) *Journal {
		if id == "live" {
			return js[id]
		}
		return nil
	}}
	r, err := s.Enforce(l)
	if err != nil || !slices.Equal(r.Removed, []string{"old"}) || !slices.Equal(r.Evicted, []string{"live"}) || r.After > l.Total || r.Over != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	us, err := s.Usage()
	if err != nil || len(us) != 1 || us[0].ID != "live" || us[0].Bytes > l.Total || us[0].Segments < 2 {
		t.Errorf("usage %+v, %v", us, err)
	}
	if r, err := s.Enforce(l); err != nil || r.Removed != nil || r.Evicted != nil {
		t.Errorf("again: %+v, %v", r, err)
	}
	mustAppend(t, js["live"], Output, []byte("goes on"))
}
