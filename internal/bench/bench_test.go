//go:build linux

package main

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/iotest"
)

func TestMarksAreFoundHoweverTheBytesAreSplit(t *testing.T) {
	const text = "echo \\1one" + success + "two\x01" + success + "three"
	for name, split := range map[string]func() *stream{
		"whole":        func() *stream { return newStream(strings.NewReader(text)) },
		"byte by byte": func() *stream { return newStream(iotest.OneByteReader(strings.NewReader(text))) },
	} {
		t.Run(name, func(t *testing.T) {
			s := split()
			before, err := s.until(success)
			if err != nil || string(before) != "echo \\1one" {
				t.Fatalf("until: %q, %v", before, err)
			}
			if err := s.skip(success); err != nil {
				t.Fatalf("skip: %v", err)
			}
			if _, err := s.until(success); err == nil {
				t.Fatal("a mark was found where there is none")
			}
		})
	}
}

func TestMarksOfAFailedCommandAreNotFound(t *testing.T) {
	if err := newStream(strings.NewReader("\x011\x02")).skip(success); err == nil {
		t.Error("status 1 was taken for success")
	}
}

func TestNoticesCarryBytes(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"plain", "%output %1 abc def\n", "abc def"},
		{"octal", `%output %12 a\015\012\134\0060` + "\n", "a\r\n\\\x060"},
		{"cut octal", `%output %1 a\01`, `a\01`},
		{"not octal", `%output %1 \99x\777`, `\99x\777`},
		{"another notice", "%layout-change @1 x\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(noticed([]byte(c.line))); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// What tmux does to a pane's bytes is undone, whatever they are.
func FuzzNotices(f *testing.F) {
	f.Add([]byte("a\r\n\\\x1b[0m\xff\x00"))
	f.Add([]byte(`\134\015`))
	f.Fuzz(func(t *testing.T, b []byte) {
		line := []byte("%output %0 ")
		for _, c := range b {
			if c < ' ' || c == '\\' {
				line = append(line, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
				continue
			}
			line = append(line, c)
		}
		if got := noticed(append(line, '\n')); !bytes.Equal(got, b) {
			t.Errorf("%q came back as %q", b, got)
		}
		noticed(b) // and no line does harm
	})
}

func filled(r *row, who string, as role, values []float64, bars ...bar) *series {
	s := r.line(who, as, bars...)
	for _, v := range values {
		s.take(v, nil)
	}
	return s
}

func TestQuantilesAreValuesThatWereSeen(t *testing.T) {
	for _, c := range []struct {
		name     string
		values   []float64
		p50, p99 float64
	}{
		{"one", []float64{3}, 3, 3},
		{"two", []float64{2, 1}, 1, 2},
		{"five", []float64{5, 1, 4, 2, 3}, 3, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &series{values: c.values}
			if s.quantile(0.5) != c.p50 || s.quantile(0.99) != c.p99 {
				t.Errorf("p50 %v, p99 %v, want %v, %v", s.quantile(0.5), s.quantile(0.99), c.p50, c.p99)
			}
		})
	}
	if v := (&series{}).quantile(0.5); !math.IsNaN(v) {
		t.Errorf("nothing measured has p50 %v", v)
	}
}

func TestRatiosAreToTheBestOfARole(t *testing.T) {
	for _, c := range []struct {
		unit string
		want float64
	}{{"ms", 2}, {"MB/s", 0.5}} {
		r := &row{unit: c.unit}
		mine := filled(r, "ours", ours, []float64{10})
		filled(r, "slow", tmux, []float64{5})
		filled(r, "fast", tmux, []float64{20})
		if got := r.ratio(mine, tmux); got != c.want {
			t.Errorf("%s: ratio %v, want %v", c.unit, got, c.want)
		}
		if got := r.ratio(mine, floor); got != 0 {
			t.Errorf("%s: ratio %v to a floor that is not there", c.unit, got)
		}
	}
}

func TestBarsAreMetOnlyByExactResults(t *testing.T) {
	for _, c := range []struct {
		name  string
		bar   bar
		wrong error
		want  bool
	}{
		{"below", below(10), nil, true},
		{"not below", below(9), nil, false},
		{"at least", atLeast(10), nil, true},
		{"not at least", atLeast(11), nil, false},
		{"beside", beside("bare pty", 2, 1), nil, true},
		{"not beside", beside("bare pty", 2, 0), nil, false},
		{"beside nobody", beside("absent", 2, 0), nil, false},
		{"p99", tailBelow(9), nil, false},
		{"wrong result", below(10), errors.New("wrong"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &row{unit: "ms"}
			filled(r, "bare pty", floor, []float64{4.5})
			mine := filled(r, "ours", ours, []float64{10}, c.bar)
			if c.wrong != nil {
				mine.take(0, c.wrong)
			}
			if got := c.bar.judge(r, mine); got.Met != c.want {
				t.Errorf("%+v, want met %v", got, c.want)
			}
		})
	}
}

func TestTableShowsWrongResults(t *testing.T) {
	tab := &table{}
	tab.row("exec", "ms").line("ours", ours, below(1)).take(0, errors.New("exit 3"))
	if text := tab.String(); tab.wrong() != 1 || !strings.Contains(text, "WRONG exec, ours: 1 trials; the first: exit 3") {
		t.Errorf("%d wrong:\n%s", tab.wrong(), text)
	}
}
