package shell

import (
	"bytes"
	"fmt"
	"testing"
)

// testSecret is a live secret of the tests; its id is idOf(testSecret).
const testSecret = "ABCDEFGHIJKLMNOP"

// event is one call of the scanner, for comparing runs; runs of output are merged.
type event struct {
	out  string
	mark *Mark
}

func scanAll(pieces ...[]byte) (events []event, s *Scanner) {
	s = &Scanner{}
	s.SetLive(idOf(testSecret))
	out := func(b []byte) {
		if n := len(events); n > 0 && events[n-1].mark == nil {
			events[n-1].out += string(b)
			return
		}
		events = append(events, event{out: string(b)})
	}
	for _, p := range pieces {
		s.Scan(p, out, func(m Mark) { events = append(events, event{mark: &m}) })
	}
	s.Flush(out)
	return events, s
}

func show(events []event) string {
	var b bytes.Buffer
	for _, e := range events {
		if e.mark != nil {
			fmt.Fprintf(&b, "<%c %s %d %v %q %q %v>", e.mark.Kind, e.mark.Token, e.mark.Status, e.mark.Pipe, e.mark.Cwd, e.mark.Opts, e.mark.Flags)
			continue
		}
		fmt.Fprintf(&b, "%q", e.out)
	}
	return b.String()
}

func TestOnlyVerifiedMarksAreTakenOut(t *testing.T) {
	id := idOf(testSecret)
	for _, c := range []struct{ name, in, want string }{
		{"plain", "hello", `"hello"`},
		{"start", "a\x1b]7701;C;" + testSecret + "\ab", `"a"<C ` + id + ` 0 [] "" "" >"b"`},
		{"end", "\x1b]7701;D;" + testSecret + ";3;0 3;hBe;i;/a;b%0Ac\a", `<D ` + id + ` 3 [0 3] "/a;b\nc" "hBe" i>`},
		{"prompt", "\x1b]7701;P;" + testSecret + ";7;him\x1b\\$ ", `<P ` + id + ` 7 [] "" "him" >"$ "`},
		{"output end", "x\x1b]7701;E;" + testSecret + "\a", `"x"<E ` + id + ` 0 [] "" "" >`},
		{"end with the id instead of the secret", "\x1b]7701;D;" + id + ";0;;;;/\a", `"\x1b]7701;D;` + id + `;0;;;;/\a"`},
		{"start with the id", "\x1b]7701;C;" + id + "\a", `"\x1b]7701;C;` + id + `\a"`},
		{"unknown kind", "\x1b]7701;X;" + testSecret + "\a", `"\x1b]7701;X;` + testSecret + `\a"`},
		{"end without status", "\x1b]7701;D;" + testSecret + "\a", `"\x1b]7701;D;` + testSecret + `\a"`},
		{"control character inside", "\x1b]7701;C;" + testSecret + "\n\a", `"\x1b]7701;C;` + testSecret + `\n\a"`},
		{"mark inside a broken mark", "\x1b]7701;C;\x1b]7701;C;" + testSecret + "\a", `"\x1b]7701;C;"<C ` + id + ` 0 [] "" "" >`},
		{"escape before a mark", "\x1b\x1b]7701;C;" + testSecret + "\a", `"\x1b"<C ` + id + ` 0 [] "" "" >`},
		{"foreign prompt stays", "\x1b]133;A\a$ ", `"\x1b]133;A\a"<a  0 [] "" "" >"$ "`},
		{"foreign end", "\x1b]133;D;42;aid=1\a", `"\x1b]133;D;42;aid=1\a"<d  42 [] "" "" >`},
		{"folder", "\x1b]7;file://host/a%20b\x1b\\", `"\x1b]7;file://host/a%20b\x1b\\"<7  0 [] "/a b" "" >`},
		{"title is not ours", "\x1b]0;t\a", `"\x1b]0;t\a"`},
		{"unfinished at the end", "a\x1b]7701;C;", `"a\x1b]7701;C;"`},
		{"NUL and invalid UTF-8", "\x00\xff\x1b]7701;C;" + testSecret + "\a\xfe", `"\x00\xff"<C ` + id + ` 0 [] "" "" >"\xfe"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole, _ := scanAll([]byte(c.in))
			if got := show(whole); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			for i := range len(c.in) {
				cut, _ := scanAll([]byte(c.in[:i]), []byte(c.in[i:]))
				if got := show(cut); got != c.want {
					t.Errorf("cut at %d: got %s", i, got)
				}
			}
		})
	}
}

func TestHeldBytesAreBounded(t *testing.T) {
	s := &Scanner{}
	got := 0
	in := append([]byte("\x1b]7701;D;"), bytes.Repeat([]byte("x"), 3*maxHeld)...)
	for _, b := range in {
		s.Scan([]byte{b}, func(o []byte) { got += len(o) }, func(Mark) {})
		if len(s.Pending()) > maxHeld {
			t.Fatalf("%d bytes held back", len(s.Pending()))
		}
	}
	if s.Flush(func(o []byte) { got += len(o) }); got != len(in) {
		t.Errorf("%d bytes came out of %d", got, len(in))
	}
}

// FuzzScanner: any split gives the same events, and output plus the bytes of the
// marks taken out is the input.
func FuzzScanner(f *testing.F) {
	f.Add([]byte("a\x1b]7701;C;"+testSecret+"\ab\x1b]133;C\a\x1b]7;file:///x\x1b\\"), uint16(7), uint16(20))
	f.Add([]byte("\x1b]7701;D;"+testSecret+";0;0 1;hB;;/%41\a\x1b\x1b]7701;P;"+testSecret+";1;h\a"), uint16(1), uint16(2))
	f.Fuzz(func(t *testing.T, in []byte, a, b uint16) {
		whole, _ := scanAll(in)
		i, j := int(a)%(len(in)+1), int(b)%(len(in)+1)
		i, j = min(i, j), max(i, j)
		cut, _ := scanAll(in[:i], in[i:j], in[j:])
		if show(whole) != show(cut) {
			t.Fatalf("cut at %d and %d: %s\nwhole: %s", i, j, show(cut), show(whole))
		}
		rest := in
		for _, e := range whole {
			if e.mark == nil {
				var ok bool
				if rest, ok = bytes.CutPrefix(rest, []byte(e.out)); !ok {
					t.Fatalf("output %q is not next in %q", e.out, rest)
				}
			} else if e.mark.Token != "" {
				rest = cutMark(t, rest, e.mark.Kind)
			}
		}
		if len(rest) != 0 {
			t.Fatalf("%q was lost", rest)
		}
	})
}

// cutMark removes one sequence of ours from the front of b, by a rule of its own.
func cutMark(t *testing.T, b []byte, kind byte) []byte {
	if !bytes.HasPrefix(b, append([]byte("\x1b]7701;"), kind, ';')) {
		t.Fatalf("no %c mark at %q", kind, b)
	}
	n := bytes.IndexAny(b[1:], "\x1b\a") + 1
	if b[n] == esc {
		n++
	}
	return b[n+1:]
}

func BenchmarkScanPlain(b *testing.B) {
	text := bytes.Repeat([]byte("the quick brown fox jumps over the lazy dog, line after line\r\n"), 1024)
	s := &Scanner{}
	s.SetLive(idOf(testSecret))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		s.Scan(text, func([]byte) {}, func(Mark) {})
	}
}

func BenchmarkScanColoured(b *testing.B) {
	text := bytes.Repeat([]byte("\x1b[32mok\x1b[0m the quick brown fox jumps over the lazy \x1b[1mdog\x1b[m\r\n"), 1024)
	s := &Scanner{}
	s.SetLive(idOf(testSecret))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		s.Scan(text, func([]byte) {}, func(Mark) {})
	}
}
