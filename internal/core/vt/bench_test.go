package vt

import (
	"fmt"
	"strings"
	"testing"
)

// workloads are a few hundred KB each of what programs print.
func workloads() map[string][]byte {
	words := strings.Fields("the quick brown fox jumps over the lazy dog while a package compiles ok main.go func return error")
	line := func(i, width int) string {
		var b strings.Builder
		for b.Len() < width {
			b.WriteString(words[(i*7+b.Len())%len(words)])
			b.WriteByte(' ')
		}
		return b.String()[:width]
	}
	repeat := func(n int, f func(i int) string) []byte {
		var b strings.Builder
		for i := range n {
			b.WriteString(f(i))
		}
		return []byte(b.String())
	}
	return map[string][]byte{
		"ascii": repeat(5000, func(i int) string { return line(i, 65) + "\r\n" }),
		"long":  repeat(200, func(i int) string { return line(i, 2000) + "\r\n" }),
		"yes":   repeat(100000, func(i int) string { return "y\r\n" }),
		"buildlog": repeat(4000, func(i int) string {
			return fmt.Sprintf("[%d/4000] \x1b[1mCompiling\x1b[0m %s \x1b[32mok\x1b[0m\r\n", i, line(i, 40))
		}),
		"sgrlight": repeat(4000, func(i int) string {
			return fmt.Sprintf("\x1b[%dm%s\x1b[0m %s\r\n", 31+i%7, line(i, 20), line(i, 40))
		}),
		"sgrdense": repeat(60000, func(i int) string {
			return fmt.Sprintf("\x1b[38;2;%d;%d;%dm#", i%256, i/7%256, i%64)
		}),
		"cursor": repeat(40000, func(i int) string { return fmt.Sprintf("\x1b[%d;%dH%s", i%24+1, i*7%70+1, words[i%len(words)]) }),
		"tui": repeat(200, func(i int) string {
			var b strings.Builder
			for y := range 24 {
				fmt.Fprintf(&b, "\x1b[%d;1H\x1b[7m %2d \x1b[27m\x1b[38;5;%dm%s\x1b[m\x1b[K", y+1, y, (i+y)%256, line(i+y, 50))
			}
			return b.String()
		}),
		"region": repeat(5000, func(i int) string { return "\x1b[2;23r\x1b[23;1H\n" + line(i, 40) + "\x1b[r" }),
		"cjk":    repeat(3000, func(i int) string { return strings.Repeat("漢字仮名交じり文", 4) + "\r\n" }),
		"emoji":  repeat(3000, func(i int) string { return strings.Repeat("👍🏽 👩‍💻 🇩🇪 ok ❤️ 😀", 3) + "\r\n" }),
	}
}

var workloadOrder = []string{"ascii", "long", "yes", "buildlog", "sgrlight", "sgrdense", "cursor", "tui", "region", "cjk", "emoji"}

// BenchmarkCalibration is the loop that throughput is compared with: ASCII bytes
// to 8-byte cells, and nothing else.
func BenchmarkCalibration(b *testing.B) {
	in := workloads()["ascii"]
	cells := make([]cell, 80)
	throughput(b, len(in), func() {
		for i := 0; i+len(cells) <= len(in); i += len(cells) {
			src := in[i : i+len(cells)]
			for j := range cells {
				cells[j] = cell(src[j])
			}
		}
	})
}

// throughput measures f, which takes that many bytes. The budget is in CPU-seconds,
// which other work on the machine takes no part in.
func throughput(b *testing.B, bytes int, f func()) {
	b.SetBytes(int64(bytes))
	from := cpuTime()
	for b.Loop() {
		f()
	}
	if spent := cpuTime() - from; spent > 0 {
		b.ReportMetric(float64(b.N)*float64(bytes)/1e6/spent.Seconds(), "MB/cpu-s")
	}
}

func BenchmarkWrite(b *testing.B) {
	w := workloads()
	for _, name := range workloadOrder {
		b.Run(name, func(b *testing.B) {
			t := New(Config{})
			t.Write(w[name])
			b.ReportAllocs()
			throughput(b, len(w[name]), func() { t.Write(w[name]) })
		})
	}
}

func BenchmarkRender(b *testing.B) {
	w := workloads()
	for _, name := range []string{"ascii", "buildlog", "cjk"} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(w[name])))
			for b.Loop() {
				Render(w[name], RenderOptions{Every: 100})
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	t := New(Config{})
	t.Write(workloads()["ascii"])
	t.Write(workloads()["tui"])
	b.Run("ansi", func(b *testing.B) {
		for b.Loop() {
			t.ANSI(ANSIOptions{})
		}
	})
	b.Run("checkpoint", func(b *testing.B) {
		for b.Loop() {
			t.Checkpoint()
		}
	})
	b.Run("snapshot", func(b *testing.B) {
		for b.Loop() {
			t.Snapshot()
		}
	})
	b.Run("text", func(b *testing.B) {
		for b.Loop() {
			t.Text(TextOptions{})
		}
	})
}
