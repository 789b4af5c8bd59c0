package persistence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func mustSeal(t testing.TB, j *Journal) int {
	t.Helper()
	n, err := j.Seal(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// logs is text as build tools and servers print it: words that come again, and
// numbers that do not.
func logs(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 2))
	words := strings.Fields("compiling linking warning unused variable request served from cache upstream connection closed " +
		"GET POST /api/v1/items /static/app.js INFO DEBUG WARN ok cached passed running test module package internal/server")
	b := make([]byte, 0, n+100)
	for i := 0; len(b) < n; i++ {
		b = fmt.Appendf(b, "2026-01-02T03:%02d:%02d.%03dZ", i/60%60, i%60, r.IntN(1000))
		for range 3 + r.IntN(5) {
			b = append(append(b, ' '), words[r.IntN(len(words))]...)
		}
		b = fmt.Appendf(b, " %d\r\n", r.IntN(100000))
	}
	return b[:n]
}

// mixed writes all kinds of frames, gaps and large ones among them.
func mixed(t testing.TB, j *Journal, n int) (all []Frame) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 3))
	for i := range n {
		k, p := Output, logs(1+r.IntN(2000), uint64(i))
		switch i % 9 {
		case 1:
			k, p = ExecStart, []byte(fmt.Sprintf(`{"block":%d}`, i))
		case 3:
			k, p = ExecEnd, []byte(`{"exit":0}`)
		case 4:
			k, p = []Kind{Mark, Resize, Input, Synthetic, 77, 200}[r.IntN(6)], noise(r.IntN(40), 1)
		case 5:
			k, p = Output, noise(r.IntN(70000), uint64(i))
		case 7:
			if k = Checkpoint; i%2 == 0 {
				p = noise(scanBuffer+r.IntN(9000), 1)
			}
		case 8:
			if i%4 == 0 {
				k, p = Gap, append(GapPayload(int64(1+r.IntN(1<<20))), "why"...)
			}
		}
		from := j.End().Seq
		mustAppend(t, j, k, p)
		fs, _ := frames(t, j, from)
		all = append(all, fs...)
	}
	return all
}

// sameButSealed compares what was written with what is read back: of the
// checkpoints only some are left, and times are cut to microseconds.
func sameButSealed(t testing.TB, got, want []Frame, sealed bool) {
	t.Helper()
	i := 0
	for _, w := range want {
		if i < len(got) && sameFrame(got[i], w) {
			if d := w.Time.Sub(got[i].Time); d < 0 || d >= time.Millisecond || (!sealed && d != 0) {
				t.Fatalf("frame %d at %v, was %v", w.Seq, got[i].Time, w.Time)
			}
			i++
		} else if w.Kind != Checkpoint || !sealed {
			t.Fatalf("frame %d (%s) is gone or changed", w.Seq, w.Kind)
		}
	}
	if i != len(got) {
		t.Fatalf("%d frames that nobody wrote", len(got)-i)
	}
}

func TestSealingKeepsEveryFrameButOldCheckpoints(t *testing.T) {
	for size, n := range map[int]int{1: 60, 100_000: 120, 500_000: 300} {
		t.Run(fmt.Sprint("segments of ", size), func(t *testing.T) {
			dir := t.TempDir()
			j := mustCreate(t, dir, Options{SegmentSize: size})
			want := mixed(t, j, n)
			out, gaps := collect(t, j.Reader(0, -1))
			ckpt, _ := j.Checkpoint()
			before, segs := j.Bytes(), len(j.segs)
			if n := mustSeal(t, j); n != segs-1 {
				t.Fatalf("sealed %d of %d segments", n, segs)
			}
			if n := mustSeal(t, j); n != 0 {
				t.Fatalf("sealed %d segments twice", n)
			}
			check := func(j *Journal) {
				t.Helper()
				got, damage := frames(t, j, 0)
				if damage != nil {
					t.Fatal(damage)
				}
				sameButSealed(t, got, want, true)
				if out2, gaps2 := collect(t, j.Reader(0, -1)); !bytes.Equal(out, out2) || !slices.Equal(gaps, gaps2) {
					t.Fatalf("%d bytes of %d, gaps %v of %v", len(out2), len(out), gaps2, gaps)
				}
				if f, ok := j.Checkpoint(); !ok || !sameFrame(f, ckpt) {
					t.Fatalf("checkpoint %d, was %d", f.Seq, ckpt.Seq)
				}
				if d, err := j.Verify(); err != nil || d != nil {
					t.Fatal(d, err)
				}
				for _, from := range []uint64{2, 33, 50, 60} {
					fs, _ := frames(t, j, from)
					if k := slices.IndexFunc(got, func(f Frame) bool { return f.Seq >= from }); !slices.EqualFunc(fs, got[k:], sameFrame) {
						t.Fatalf("from %d: %d frames of %d", from, len(fs), len(got)-k)
					}
				}
			}
			check(j)
			if size > 1 && j.Bytes() >= before {
				t.Errorf("%d bytes, were %d", j.Bytes(), before)
			}
			j.Close()
			j2, r := mustOpen(t, dir, Options{SegmentSize: size})
			if !r.Clean() || j2.End() != j.End() || j2.Bytes() != j.Bytes() {
				t.Fatalf("%+v, end %+v, bytes %d of %d", r, j2.End(), j2.Bytes(), j.Bytes())
			}
			check(j2)
			j2.Close()
			if n := mustSeal(t, j2); n != 1 {
				t.Fatalf("sealed %d, want the last one of a closed journal", n)
			}
			check(j2)
			j3, r := mustOpen(t, dir, Options{SegmentSize: size})
			if !r.Clean() || j3.End() != j.End() || j3.SinceCheckpoint() != j.SinceCheckpoint() {
				t.Fatalf("%+v, end %+v of %+v", r, j3.End(), j.End())
			}
			check(j3)
			mustAppend(t, j3, Output, []byte("goes on"))
			j3.Close()
			j4, r := mustOpen(t, dir, Options{})
			p := make([]byte, 7)
			if _, err := j4.ReadAt(p, j.End().Offset); !r.Clean() || err != nil || string(p) != "goes on" {
				t.Fatalf("%+v, %q, %v", r, p, err)
			}
		})
	}
}

func TestSealedOutputIsReadByItsOffset(t *testing.T) {
	j := mustCreate(t, t.TempDir(), Options{SegmentSize: 300_000})
	want := logs(2_000_000, 1)
	for at := 0; at < len(want); at += 700 {
		mustAppend(t, j, Output, want[at:min(at+700, len(want))])
		if at%21000 == 0 {
			mustAppend(t, j, Mark, []byte("m"))
		}
	}
	mustSeal(t, j)
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		from := r.IntN(len(want))
		p := make([]byte, 1+r.IntN(100_000))
		n, err := j.ReadAt(p, int64(from))
		if !bytes.Equal(p[:n], want[from:min(from+len(p), len(want))]) || (err == io.EOF) != (from+len(p) > len(want)) {
			t.Fatalf("ReadAt(%d, %d) = %d, %v", len(p), from, n, err)
		}
	}
}

func TestReadersRunWhileSegmentsAreSealed(t *testing.T) {
	j := mustCreate(t, t.TempDir(), Options{SegmentSize: 100_000})
	want := logs(3_000_000, 5)
	done := make(chan error)
	go func() {
		for at := 0; at < len(want); at += 4000 {
			if _, err := j.Append(Output, want[at:min(at+4000, len(want))]); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for running := true; running; {
		select {
		case err := <-done:
			if running = false; err != nil {
				t.Fatal(err)
			}
		default:
		}
		mustSeal(t, j)
		got, err := io.ReadAll(j.Reader(0, -1))
		if err != nil || !bytes.Equal(got, want[:len(got)]) {
			t.Fatal("read something else than was written", err)
		}
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
	}
}

// A crash at any step of sealing leaves the old or the new file.
func TestSealingCutOffAnywhereLosesNothing(t *testing.T) {
	for _, point := range []string{"seal: written", "seal: renamed"} {
		t.Run(point, func(t *testing.T) {
			dir := t.TempDir()
			crash := errors.New("crash")
			j := mustCreate(t, dir, Options{SegmentSize: 100_000, fail: func(p string) error {
				if p == point {
					return crash
				}
				return nil
			}})
			want := mixed(t, j, 100)
			if n, err := j.Seal(context.Background()); n != 0 || !errors.Is(err, crash) {
				t.Fatal(n, err)
			}
			got, damage := frames(t, j, 0)
			sameButSealed(t, got, want, true)
			if damage != nil {
				t.Fatal(damage)
			}
			if n, err := j.Seal(context.Background()); n != 0 || !errors.Is(err, crash) {
				t.Fatal(n, err)
			}
			j.Close()
			if err := os.WriteFile(j.aside(1), []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
			j2, r := mustOpen(t, dir, Options{})
			got, damage = frames(t, j2, 0)
			sameButSealed(t, got, want, true)
			if left, _ := filepath.Glob(filepath.Join(dir, ".*")); !r.Clean() || damage != nil || len(left) > 0 {
				t.Fatal(r, damage, left)
			}
			mustSeal(t, j2)
			got, _ = frames(t, j2, 0)
			sameButSealed(t, got, want, true)
		})
	}
}

func TestASegmentWithDamageIsNotSealed(t *testing.T) {
	dir, out := layout(t)
	flip(t, filepath.Join(dir, segmentName(1)), at(1)+50)
	j, _ := mustOpen(t, dir, Options{})
	if n := mustSeal(t, j); n != 1 || j.segs[0].sealed || !j.segs[1].sealed {
		t.Errorf("sealed %d, %+v", n, j.segs)
	}
	checkHoles(t, j, out, []GapError{{From: 100, To: 200, Reason: Damaged}})
}

// Every bit of a sealed segment: the flip is found, and what is not in the
// reported place is still there.
func TestAFlippedBitInASealedSegmentCostsAtMostOneChunk(t *testing.T) {
	dir := t.TempDir()
	j := mustCreate(t, dir, Options{SegmentSize: 200_000})
	for len(j.segs) < 3 {
		mixed(t, j, 9)
	}
	mustSeal(t, j)
	want, _ := frames(t, j, 0)
	j.Close()
	path := j.path(1)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	h, _ := headerOf(f)
	s, err := openSealed(f, h, guard{seed: h.seed()})
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(whole); at += 1 + at/5 { // each byte of the beginning, fewer later
		hurt := bytes.Clone(whole)
		hurt[at] ^= 1 << (at % 8)
		if err := os.WriteFile(path, hurt, 0o600); err != nil {
			t.Fatal(err)
		}
		oneFlip(t, dir, want, s, int64(at))
	}
	for _, at := range []int{int(s.sum.table) + 40, int(s.sum.filters) + 50, len(whole) - 3} {
		hurt := bytes.Clone(whole)
		hurt[at] ^= 4
		if err := os.WriteFile(path, hurt, 0o600); err != nil {
			t.Fatal(err)
		}
		oneFlip(t, dir, want, s, int64(at))
	}
}

func oneFlip(t *testing.T, dir string, want []Frame, s *sealedFile, at int64) {
	t.Helper()
	var hit *chunk
	for i, c := range s.chunks {
		if at >= int64(c.pos) && at < int64(c.pos)+int64(c.size) {
			hit = &s.chunks[i]
		}
	}
	j, _, err := Open(dir, Options{})
	if err != nil {
		t.Fatalf("byte %d: %v", at, err)
	}
	defer j.Close()
	got, seen := frames(t, j, 0)
	damage, err := j.Verify()
	if err != nil || len(damage) == 0 {
		t.Fatalf("byte %d: nobody noticed, %v", at, err)
	}
	for _, d := range damage {
		if at < d.From || at >= d.To || d.Segment != 1 {
			t.Fatalf("byte %d: reported %+v", at, d)
		}
	}
	left := map[uint64]Frame{}
	for _, f := range got {
		left[f.Seq] = f
	}
	for _, w := range want {
		f, ok := left[w.Seq]
		inChunk := hit != nil && w.Seq >= hit.seq && w.Seq <= hit.last && (w.Kind == Output) == (hit.kind == textChunk)
		named := slices.ContainsFunc(seen, func(d Damage) bool {
			return w.Seq >= d.FirstSeq && w.Seq < d.FirstSeq+uint64(d.Frames)
		})
		if ok == inChunk || ok == named || (ok && !sameFrame(f, w)) {
			t.Fatalf("byte %d: frame %d there %v, in the chunk that was hit %v, named %v", at, w.Seq, ok, inChunk, named)
		}
	}
	streamed, _ := collect(t, j.Reader(0, -1))
	var output []byte
	for _, f := range got {
		if f.Kind == Output {
			output = append(output, f.Data...)
		}
	}
	if !bytes.Equal(streamed, output) {
		t.Fatalf("byte %d: streamed %d bytes, frames hold %d", at, len(streamed), len(output))
	}
}

func TestACutSealedSegmentKeepsWhatIsBeforeTheCut(t *testing.T) {
	for _, last := range []bool{false, true} {
		dir := t.TempDir()
		j := mustCreate(t, dir, Options{SegmentSize: 300_000})
		out := logs(290_000, 3)
		mustAppend(t, j, Output, out)
		if !last {
			mustAppend(t, j, Output, out)
		}
		j.Close()
		mustSeal(t, j)
		info, err := os.Stat(j.path(1))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(j.path(1), info.Size()/2); err != nil {
			t.Fatal(err)
		}
		j2, r := mustOpen(t, dir, Options{})
		if len(r.Damaged) == 0 || j2.End() != j.End() {
			t.Errorf("%+v, end %+v of %+v", r, j2.End(), j.End())
		}
		got, gaps := collect(t, j2.Reader(0, -1))
		if len(gaps) != 1 || gaps[0].To != int64(len(out)) || gaps[0].From < maxOutput || !bytes.HasPrefix(got, out[:gaps[0].From]) {
			t.Errorf("%d bytes, gaps %v", len(got), gaps)
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	text := corpusLike(32<<20, 1)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		b.StopTimer()
		j := mustCreate(b, b.TempDir(), Options{})
		for at := 0; at < len(text); at += 1000 {
			mustAppend(b, j, Output, text[at:min(at+1000, len(text))])
		}
		j.Close()
		b.StartTimer()
		mustSeal(b, j)
		b.StopTimer()
		lines := bytes.Count(text, newline)
		var filters int64
		for i := range j.segs {
			s, err := readBeginning(j.path(j.segs[i].number))
			if err != nil {
				b.Fatal(err)
			}
			filters += int64(s.sum.filtersSize)
		}
		b.ReportMetric(float64(j.Bytes())/float64(lines), "B/line")
		b.ReportMetric(float64(len(text))/float64(lines), "rawB/line")
		b.ReportMetric(100*float64(filters)/float64(len(text)), "filter%")
		b.StartTimer()
	}
}

// corpusLike is ordinary output of several tools, each with words of its own.
func corpusLike(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 9))
	vocabulary := make([]string, 3000)
	for i := range vocabulary {
		w := make([]byte, 3+r.IntN(9))
		for k := range w {
			w[k] = "etaoinshrdlucmfwypvbgkjqxz"[min(r.IntN(26), r.IntN(26))]
		}
		vocabulary[i] = string(w)
	}
	word := func() string { return vocabulary[min(r.IntN(3000), r.IntN(3000), r.IntN(3000))] }
	b := make([]byte, 0, n+200)
	for i := 0; len(b) < n; i++ {
		switch i / 200 % 4 {
		case 0:
			b = fmt.Appendf(b, "=== RUN   Test%s/%s\r\n--- PASS: Test%s (0.%02ds)\r\n", word(), word(), word(), r.IntN(100))
		case 1:
			b = fmt.Appendf(b, "  CC      build/%s/%s.o\r\n", word(), word())
		case 2:
			b = fmt.Appendf(b, "10.0.%d.%d - - [02/Jan/2026:03:%02d:%02d +0000] \"GET /%s/%s HTTP/1.1\" 200 %d\r\n",
				r.IntN(4), r.IntN(250), i/60%60, i%60, word(), word(), r.IntN(9000))
		default:
			b = fmt.Appendf(b, "%s %s %s %s the %s of %s\r\n", word(), word(), word(), word(), word(), word())
		}
	}
	return b[:n]
}
