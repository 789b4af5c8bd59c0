package persistence

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{64, 4 << 10, 64 << 10} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir, p := b.TempDir(), noise(n, 1)
			j := mustCreate(b, dir, Options{})
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				mustAppend(b, j, Output, p)
				if j.Bytes() > 16<<20 { // keep the disk small
					b.StopTimer()
					j.Close()
					if err := Remove(dir); err != nil {
						b.Fatal(err)
					}
					j = mustCreate(b, dir, Options{})
					b.StartTimer()
				}
			}
		})
	}
}

// BenchmarkWrite is the floor under BenchmarkAppend: the same bytes, bare.
func BenchmarkWrite(b *testing.B) {
	for _, n := range []int{64, 4 << 10, 64 << 10} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			f, err := os.Create(filepath.Join(b.TempDir(), "f"))
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			p, at := noise(n+frameSize, 1), int64(0)
			b.SetBytes(int64(n))
			for b.Loop() {
				if _, err := f.WriteAt(p, at); err != nil {
					b.Fatal(err)
				}
				if at += int64(len(p)); at > 16<<20 {
					b.StopTimer()
					if at = 0; f.Truncate(0) != nil {
						b.Fatal("truncate")
					}
					b.StartTimer()
				}
			}
		})
	}
}

func journalOf(b *testing.B, size, frame int) *Journal {
	j := mustCreate(b, b.TempDir(), Options{})
	p := noise(frame, 1)
	for j.Bytes() < int64(size) {
		mustAppend(b, j, Output, p)
	}
	return j
}

func BenchmarkOpen(b *testing.B) {
	for _, frame := range []int{64, 4 << 10} {
		b.Run(fmt.Sprintf("100MB of %d", frame), func(b *testing.B) {
			j := journalOf(b, 100<<20, frame)
			j.Close()
			for b.Loop() {
				j, r, err := Open(j.dir, Options{})
				if err != nil || !r.Clean() {
					b.Fatal(err, r)
				}
				j.Close()
			}
		})
	}
}

func BenchmarkReadLast16K(b *testing.B) {
	for _, size := range []int{10 << 20, 400 << 20} {
		for _, frame := range []int{64, 4 << 10} {
			b.Run(fmt.Sprintf("%dMB of %d", size>>20, frame), func(b *testing.B) {
				j := journalOf(b, size, frame)
				p := make([]byte, 16<<10)
				for b.Loop() {
					if _, err := j.ReadAt(p, j.End().Offset-int64(len(p))); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkCreateSession(b *testing.B) {
	s := mustStore(b, b.TempDir())
	for i := 0; b.Loop(); i++ {
		j, err := s.Create(fmt.Sprint("s", i), []byte("{}"), Options{})
		if err != nil {
			b.Fatal(err)
		}
		j.Close()
	}
}

// The heap that an open, idle journal holds; plan.md allows a session 24 KB in all.
func TestIdleJournalIsSmall(t *testing.T) {
	const n = 100
	js := make([]*Journal, 0, n)
	s := mustStore(t, t.TempDir())
	before := heap()
	for i := range n {
		j, err := s.Create(fmt.Sprint("s", i), []byte("{}"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		mustAppend(t, j, Output, []byte("$ "))
		js = append(js, j)
	}
	each := (heap() - before) / n
	t.Logf("%d bytes each", each)
	if each > 1500 { // about 450 of it are the file's
		t.Errorf("an idle journal holds %d bytes", each)
	}
	for _, j := range js {
		j.Close()
	}
}

// A journal that was sealed and searched holds what it held before.
func TestSealingAndSearchingKeepNoMemory(t *testing.T) {
	j := mustCreate(t, t.TempDir(), Options{SegmentSize: 1 << 20})
	mustAppend(t, j, Output, logs(6<<20, 1))
	before := heap()
	mustSeal(t, j)
	hits(t, j, Query{Text: "nowhere"})
	collect(t, j.Reader(0, 100))
	if kept := heap() - before; kept > 20_000 {
		t.Errorf("%d bytes are held", kept)
	}
	if j.End().Offset == 0 { // j lives until here
		t.Error("no output")
	}
}

// BenchmarkAdopt opens fifty sessions of 16 MB, sealed but for the last segment.
func BenchmarkAdopt(b *testing.B) {
	s := mustStore(b, b.TempDir())
	for i := range 50 {
		j, err := s.Create(fmt.Sprint("s", i), []byte("{}"), Options{})
		if err != nil {
			b.Fatal(err)
		}
		text := logs(1<<20, uint64(i))
		for range 16 {
			mustAppend(b, j, Output, text)
			mustAppend(b, j, Checkpoint, text[:8000])
		}
		mustSeal(b, j)
		j.Close()
	}
	for b.Loop() {
		for i := range 50 {
			j, r, err := s.Open(fmt.Sprint("s", i), Options{})
			if err != nil || !r.Clean() {
				b.Fatal(err, r)
			}
			j.Checkpoint()
			for range j.FramesOf(0, ExecStart, ExecEnd) {
			}
			j.Close()
		}
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // the pools need two
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkReader(b *testing.B) {
	for _, frame := range []int{64, 4 << 10, 64 << 10} {
		b.Run(fmt.Sprintf("100MB of %d", frame), func(b *testing.B) {
			j := journalOf(b, 100<<20, frame)
			b.SetBytes(j.End().Offset)
			for b.Loop() {
				if n, err := io.Copy(io.Discard, j.Reader(0, -1)); err != nil || n != j.End().Offset {
					b.Fatal(n, err)
				}
			}
		})
	}
}
