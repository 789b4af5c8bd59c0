package persistence

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// BenchmarkEncryptedShare appends to plain and encrypted journals in turns, so that
// what else the machine does weighs on both, and counts this thread's processor
// time. guard is what of an append is checksum or cipher, the rest is the kernel's.
func BenchmarkEncryptedShare(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, n := range []int{64, 4 << 10, 64 << 10} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := noise(n, 1)
			var whole, guard [2][]float64
			for round := 0; b.Loop(); round++ {
				for k := range 2 {
					kind := (k + round) % 2
					w, g := appendTimes(b, p, Options{Keys: memoryKeys{}, Encrypt: kind == 1})
					whole[kind], guard[kind] = append(whole[kind], w), append(guard[kind], g)
				}
			}
			plain, encrypted := median(whole[0]), median(whole[1])
			b.ReportMetric(plain, "plain-ns")
			b.ReportMetric(encrypted, "encrypted-ns")
			b.ReportMetric(median(guard[0]), "guard-ns")
			b.ReportMetric(median(guard[1]), "encrypted-guard-ns")
			b.ReportMetric(100*plain/encrypted, "%")
		})
	}
}

// appendTimes is what an append takes, and what of it the guard does.
func appendTimes(b *testing.B, p []byte, o Options) (whole, guard float64) {
	j := mustCreate(b, b.TempDir(), o)
	mustAppend(b, j, Output, p)
	times := min(max(40, 2<<20/len(p)), 4000)
	at := threadTime(b)
	for range times {
		mustAppend(b, j, Output, p)
	}
	whole = threadTime(b) - at
	buf := make([]byte, 0, mostFrame)
	at = threadTime(b)
	for range times {
		j.guard.put(buf, frameHeader{}, nonce{}, p)
	}
	guard = threadTime(b) - at
	j.Close()
	if err := Remove(j.dir); err != nil {
		b.Fatal(err)
	}
	return whole / float64(times), guard / float64(times)
}

func threadTime(b *testing.B) float64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		b.Fatal(err)
	}
	return float64(t.Nano())
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}
