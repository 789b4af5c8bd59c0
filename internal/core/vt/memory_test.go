package vt

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// live is what one of n terminals made by f keeps alive. What the tests themselves
// hold changes meanwhile, by tens of kilobytes: the smaller it is, the larger n.
func live(n int, f func() *Terminal) int {
	keep := make([]*Terminal, n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range keep {
		keep[i] = f()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(keep)
	return (int(after.HeapAlloc) - int(before.HeapAlloc)) / n
}

func TestMemoryStaysSmall(t *testing.T) {
	line := strings.Repeat("0123456789", 8)[:79] + "\r\n"
	for _, c := range []struct {
		name  string
		n     int
		limit int
		make  func() *Terminal
	}{
		{"empty 120x40", 2000, 2 << 10, func() *Terminal { return New(Config{Cols: 120, Rows: 40}) }},
		{"120x40 with a prompt", 2000, 2 << 10, func() *Terminal {
			t := New(Config{Cols: 120, Rows: 40})
			t.Write([]byte("\x1b[?2004huser@host:~/src$ "))
			return t
		}},
		{"full 80x24", 100, 24 << 10, func() *Terminal {
			t := New(Config{})
			t.Write([]byte(strings.Repeat(line, 23) + line[:79]))
			return t
		}},
		{"10,000 lines of history", 4, 1100 << 10, func() *Terminal {
			t := New(Config{Scrollback: 2 << 20})
			for range 10000 {
				t.Write([]byte(line))
			}
			return t
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := live(c.n, c.make)
			t.Logf("%d bytes", got)
			if got > c.limit {
				t.Errorf("%d bytes, limit %d", got, c.limit)
			}
		})
	}
}

// Floods try to make a terminal hold more and more; it must stay near its cap.
func TestFloodsStayUnderTheCap(t *testing.T) {
	const scrollback = 256 << 10
	const limit = scrollback + 1<<20 // screen, tables, links, the string of a sequence
	for name, piece := range map[string]func(i int) string{
		"styles":        func(i int) string { return fmt.Sprintf("\x1b[38;2;%d;%d;%dm#", i&255, i>>8&255, i>>16) },
		"clusters":      func(i int) string { return fmt.Sprintf("e%c%c", 0x300+i%112, 0x300+i/112%112) },
		"marks":         func(i int) string { return "\u0301\u0302\u0303" },
		"links":         func(i int) string { return fmt.Sprintf("\x1b]8;;http://x/%d/%01000d\x07a", i, i) },
		"titles":        func(i int) string { return fmt.Sprintf("\x1b]0;%0500d\x07\x1b[22t", i) },
		"open string":   func(i int) string { return "\x1b]52;c;" + strings.Repeat("A", 1000) },
		"apc":           func(i int) string { return "\x1b_G" + strings.Repeat("A", 1000) },
		"notifications": func(i int) string { return "\x1b]9;" + strings.Repeat("n", 1000) + "\x07" },
		"queries":       func(i int) string { return "\x1b[6n\x1b[c\x1b]10;?\x07" },
		"pushes":        func(i int) string { return "\x1b[#{\x1b[>5u\x1b[22t" },
		"palettes":      func(i int) string { return fmt.Sprintf("\x1b]4;%d;#%06x\x07\x1b[%d#P\x1b[#P", i%256, i, i%12) },
		"palette":       func(i int) string { return fmt.Sprintf("\x1b]4;%d;#%06x\x07", i%256, i) },
	} {
		t.Run(name, func(t *testing.T) {
			got := live(1, func() *Terminal {
				tm := New(Config{Scrollback: scrollback})
				for i := range 5000 {
					tm.Write([]byte(piece(i)))
				}
				return tm
			})
			t.Logf("%d bytes", got)
			if got > limit {
				t.Errorf("%d bytes, limit %d", got, limit)
			}
		})
	}
}
