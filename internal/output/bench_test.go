package output

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/internal/tokens/exact"
)

// shapes of a megabyte that a reducer meets: what is mined, what a reader counts, what
// is nothing but text, and what is made to be slow.
var megabytes = []struct {
	name, command string
	make          func(b *bytes.Buffer, i int)
}{
	{"log", "./serve", func(b *bytes.Buffer, i int) {
		fmt.Fprintf(b, "2026-01-02T03:%02d:%02d INFO request path=/items/%d status=%d took=%dms\r\n", i/60%60, i%60, i*7, 200+i%3, i%900)
	}},
	{"go test -v", "go test -v ./...", func(b *bytes.Buffer, i int) {
		fmt.Fprintf(b, "=== RUN   TestThing%d\r\n    thing_test.go:%d: said something\r\n--- PASS: TestThing%d (0.00s)\r\n", i, i, i)
	}},
	{"compiler", "make", func(b *bytes.Buffer, i int) {
		fmt.Fprintf(b, "src/file%d.c:%d:7: warning: unused variable 'v%d' [-Wunused-variable]\r\n  %d |   int v;\r\n      |       ^\r\n", i%50, i, i, i)
	}},
	{"access log", "cat access.log", func(b *bytes.Buffer, i int) {
		fmt.Fprintf(b, "10.0.0.%d - - [01/Jan/2026:00:00:00 +0000] \"GET /a/%d?x=%d HTTP/1.1\" %d %d \"-\" \"curl/8\"\r\n", i%250, i%90, i, 200+(i%100)/99*300, i%5000)
	}},
	{"diff", "git diff", func(b *bytes.Buffer, i int) {
		if i%40 == 0 {
			fmt.Fprintf(b, "diff --git a/f%d.go b/f%d.go\r\nindex 123..456 100644\r\n--- a/f%d.go\r\n+++ b/f%d.go\r\n@@ -%d,3 +%d,3 @@ func f() {\r\n", i, i, i, i, i, i)
		}
		fmt.Fprintf(b, "+	some line number %d\r\n-	some other line\r\n 	and a line of context\r\n", i)
	}},
	{"prose", "./talk", func(b *bytes.Buffer, i int) {
		fmt.Fprintf(b, "%s%d and %s\r\n", strings.Repeat("word"+string(rune('a'+i%26))+" ", i%17), i, strings.Repeat("more ", i%5))
	}},
	{"paths", "find .", func(b *bytes.Buffer, i int) { fmt.Fprintf(b, "./src/d%d/e%d/file%d.go\r\n", i%30, i%7, i) }},
	{"marks", "./x", func(b *bytes.Buffer, i int) { b.WriteString(strings.Repeat(":::(((***", 10) + "\r\n") }},
	{"one line", "./x", func(b *bytes.Buffer, i int) { b.WriteString("a:1 b(2 c/3 d.4 ") }},
	{"blank lines", "./x", func(b *bytes.Buffer, i int) { b.WriteString("\r\n    \r\n") }},
	{"tree", "tree", func(b *bytes.Buffer, i int) { fmt.Fprintf(b, "%s├── d%d\r\n", strings.Repeat("│   ", i%12), i) }},
	{"traces", "python3 x.py", func(b *bytes.Buffer, i int) {
		fmt.Fprintf(b, "Traceback (most recent call last):\r\n  File \"/app/a%d.py\", line %d, in f\r\n    g()\r\nValueError: bad %d\r\n", i, i, i)
	}},
}

func output(size int, make func(*bytes.Buffer, int)) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < size; i++ {
		make(&b, i)
	}
	return b.Bytes()
}

// A megabyte takes less than 50 ms: see the ns/op.
func BenchmarkReduceMegabyte(b *testing.B) {
	for _, m := range megabytes {
		b.Run(m.name, func(b *testing.B) {
			raw := output(1<<20-512, m.make)
			exit := 1
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				Reduce(Input{Command: m.command, Exit: &exit, Bytes: raw})
			}
		})
	}
}

// Recordings repeated up to a megabyte: what is dense with findings and rows.
func BenchmarkReduceRecordedMegabyte(b *testing.B) {
	dense := []string{"sqlite", "sqlite-box", "psql-table", "git-log", "mocha-fail", "pytest-fail", "rspec-doc", "phpunit-testdox", "go-test-v", "cargo-test", "maven-test", "playwright-flaky", "busted", "gradle-test"}
	for _, rec := range recordings(b) {
		if !slices.Contains(dense, rec.name) {
			continue
		}
		b.Run(rec.name, func(b *testing.B) {
			in := rec.input()
			in.Bytes = bytes.Repeat(rec.raw, (1<<20-512)/len(rec.raw))
			b.SetBytes(int64(len(in.Bytes)))
			for b.Loop() {
				Reduce(in)
			}
		})
	}
}

// counted is an output of any length that is made while it is read.
type counted struct {
	chunk []byte
	size  int64
}

func (c counted) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) && off < c.size {
		m := copy(p[n:min(len(p), n+int(c.size-off))], c.chunk[off%int64(len(c.chunk)):])
		n += m
		off += int64(m)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// A hundred megabytes do not take a hundred megabytes of memory, and less than eight
// seconds a gigabyte: see s/GB.
func BenchmarkReduceHundredMegabytes(b *testing.B) {
	words := rand.New(rand.NewPCG(1, 2))
	floods := []struct {
		name string
		make func(b *bytes.Buffer, i int)
	}{
		{"log", megabytes[0].make},
		{"numbered text", func(b *bytes.Buffer, i int) { fmt.Fprintf(b, "%d the quick brown fox jumps over %d\r\n", i, i%7) }},
		{"coloured", func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, "\x1b[32m%d\x1b[0m \x1b[1;34mthe quick brown fox\x1b[0m ok\r\n", i)
		}},
		{"compiler", megabytes[2].make},
		{"no two alike", func(b *bytes.Buffer, _ int) { noTwoAlike(b, words, "") }},
		{"all alarm", func(b *bytes.Buffer, i int) { noTwoAlike(b, words, []string{"ERROR ", "cannot "}[i%2]) }},
	}
	for _, f := range floods {
		b.Run(f.name, func(b *testing.B) {
			chunk := output(8<<20, f.make)
			exit := 0
			var before, after runtime.MemStats
			peak := uint64(0)
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				Reduce(Input{Command: "./serve", Exit: &exit, Source: counted{chunk, 100 << 20}, Size: 100 << 20})
				runtime.ReadMemStats(&after)
				peak = max(peak, after.HeapSys-before.HeapReleased)
			}
			b.SetBytes(100 << 20)
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/(100<<20)*1e9, "s/GB")
			b.ReportMetric(float64(peak)/(1<<20), "MB-heap")
		})
	}
}

// noTwoAlike writes a line of words that are made up.
func noTwoAlike(b *bytes.Buffer, r *rand.Rand, head string) {
	b.WriteString(head)
	for range 9 {
		for range 2 + r.IntN(8) {
			b.WriteByte(byte('a' + r.IntN(26)))
		}
		b.WriteByte(' ')
	}
	b.WriteString("\r\n")
}

// BenchmarkTokensOfRecordings prints, over the recordings of testdata, the tokens
// (o200k_base) of the raw bytes, of what the terminal showed, of cuts of that to 10,000
// and 30,000 characters, and of the report.
func BenchmarkTokensOfRecordings(b *testing.B) {
	count, err := exact.Counter("o200k_base")
	if err != nil {
		b.Fatal(err)
	}
	var raw, shown, cut10k, cut30k, report int
	for b.Loop() {
		raw, shown, cut10k, cut30k, report = 0, 0, 0, 0, 0
		for _, rec := range recordings(b) {
			text := strings.Join(drawSheet(rec.input().withDefaults()).lines, "\n")
			raw += count(string(rec.raw))
			shown += count(text)
			cut10k += count(bothEnds(text, 10_000))
			cut30k += count(bothEnds(text, 30_000))
			report += count(Reduce(rec.input()).Text)
		}
	}
	b.ReportMetric(float64(raw), "raw")
	b.ReportMetric(float64(shown), "rendered")
	b.ReportMetric(float64(cut10k), "cut10k")
	b.ReportMetric(float64(cut30k), "cut30k")
	b.ReportMetric(float64(report), "ours")
}

// bothEnds cuts a text to its beginning and its end.
func bothEnds(text string, size int) string {
	if len(text) <= size {
		return text
	}
	return text[:size/2] + "\n...\n" + text[len(text)-size/2:]
}
