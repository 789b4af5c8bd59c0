package output

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// A line that alarms nobody and that nobody knows is in view in a short text too: behind a
// reference is only what stands where its tool writes lines of its own.
func TestShortTextsShowCalmOddLines(t *testing.T) {
	odd := []string{"ledger drift: expected 118 entries, got 117", "2 of 3 replicas answered", "listening on 127.0.0.1:48731"}
	planted, seen := 0, 0
	for _, rec := range recordings(t) {
		lines := bytes.SplitAfter(rec.raw, []byte("\n"))
		for k, plant := range odd {
			at := (k + 1) * len(lines) / 4
			in := rec.input()
			in.MaxTokens = 400
			in.Bytes = append(append(bytes.Join(lines[:at], nil), plant+"\r\n"...), bytes.Join(lines[at:], nil)...)
			planted++
			if strings.Contains(Reduce(in).Text, plant) {
				seen++
			}
		}
	}
	if seen*100 < planted*90 {
		t.Errorf("%d of %d are in view", seen, planted)
	}
}

// Findings that fill a short text leave room for what is of another kind.
func TestFindingsLeaveRoomForWhatIsOfAnotherKind(t *testing.T) {
	for name, line := range map[string]func(b *bytes.Buffer, i int){
		"make": func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, "src/f%d.c:%d:9: warning: unused variable 'v%d' [-Wunused-variable]\n  %d |     int v%d;\n      |         ^~\n", i, i+1, i, i, i)
		},
		"gcc -c a.c": func(b *bytes.Buffer, i int) { fmt.Fprintf(b, "a.c:%d:9: error: 'v%d' undeclared\n", i+1, i) },
		"./serve": func(b *bytes.Buffer, i int) {
			fmt.Fprintf(b, "2026-01-02 03:04:%02d ERROR worker %d failed to open /srv/q%d\n", i%60, i%7, i)
		},
		"./copy": func(b *bytes.Buffer, i int) { fmt.Fprintf(b, "copied part%d/file%d to the store\n", i%7, i) },
	} {
		var b bytes.Buffer
		const odd = "2 of 3 replicas answered"
		for i := range 300 {
			line(&b, i)
			if i == 170 {
				b.WriteString(odd + "\n")
			}
		}
		exit := 0
		r := Reduce(Input{Command: name, Exit: &exit, Bytes: b.Bytes(), Ref: "@e1", MaxTokens: 400})
		if !strings.Contains(r.Text, odd) || r.Tokens > 400 {
			t.Errorf("%s, %d tokens:\n%s", name, r.Tokens, r.Text)
		}
	}
}

// What passing tests print is counted, but for what begins like nothing else of it.
func TestOddLineOfPassingTestsIsShown(t *testing.T) {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "=== RUN   TestThing%d\nconnecting to the store\nwriting 12 rows\n", i)
		if i == 31 {
			b.WriteString("2 of 3 replicas answered\n")
		}
		fmt.Fprintf(&b, "--- PASS: TestThing%d (0.00s)\n", i)
	}
	b.WriteString("PASS\nok  \texample.com/store\t0.2s\n")
	r := reduceText("go test -v ./...", 0, b.String())
	if !strings.Contains(r.Text, "2 of 3 replicas") || strings.Contains(r.Text, "connecting") {
		t.Errorf("%s", r.Text)
	}
}

// A group of rspec begins behind a blank line: what a program writes between titles is none.
func TestLinesBetweenTitlesAreNotTitles(t *testing.T) {
	var b strings.Builder
	b.WriteString("\nCart\n")
	for i := range 30 {
		fmt.Fprintf(&b, "  adds item %d\n", i)
		if i == 11 {
			b.WriteString("2 of 3 replicas answered\n")
		}
	}
	b.WriteString("\nFinished in 0.03 seconds (files took 0.1 seconds to load)\n30 examples, 0 failures\n")
	r := reduceText("rspec -fd", 0, b.String())
	if !strings.Contains(r.Text, "2 of 3 replicas") || strings.Contains(r.Text, "adds item 20") {
		t.Errorf("%s", r.Text)
	}
}

// The reason that no rule describes is in view before what the rules keep, and a bound is used:
// a text that must be short is not shorter than it must.
func TestShortTextHasTheReasonAndFillsItsBound(t *testing.T) {
	for _, c := range []struct{ recording, reason string }{
		{"prove-v", "cannot open /srv/shop/rates.csv: No such file"},
		{"prove-v", "got: '2'"},
		{"rubocop", "18 offenses detected"},
		{"phpunit", "RuntimeException: no table for eu"},
		{"ansible", "fatal: [far]: UNREACHABLE!"},
	} {
		for _, rec := range recordings(t) {
			if rec.name != c.recording {
				continue
			}
			in := rec.input()
			in.MaxTokens = 400
			r := Reduce(in)
			if !strings.Contains(r.Text, c.reason) || r.Tokens > 400 {
				t.Errorf("%s, %d tokens, lacks %q:\n%s", c.recording, r.Tokens, c.reason, r.Text)
			}
		}
	}
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, "%s%d %s\n", strings.Repeat("word ", i%9), i, strings.Repeat("more of it ", i%4))
	}
	exit := 0
	if r := Reduce(Input{Command: "./talk", Exit: &exit, Bytes: []byte(b.String()), Ref: "@e1", MaxTokens: 400}); r.Tokens < 320 || r.Tokens > 400 {
		t.Errorf("%d tokens of 400:\n%s", r.Tokens, r.Text)
	}
}

// A note of cargo on a place goes with the place; one on nothing is about the run.
func TestNotesWithoutAPlaceAreShown(t *testing.T) {
	const text = "   Compiling shop v0.1.0 (/w/shop)\nnote: the lease for shard 7 runs out in 3 days\nerror[E0425]: cannot find value `x` in this scope\n --> src/lib.rs:3:5\n" +
		"  |\n3 |     x\n  |     ^ not found in this scope\n\nnote: function defined here\n --> src/lib.rs:9:4\n\nerror: could not compile `shop` (lib) due to 1 previous error\n"
	r := reduceText("cargo build", 101, text)
	if !strings.Contains(r.Text, "shard 7 runs out") || strings.Contains(r.Text, "function defined here") {
		t.Error(r.Text)
	}
}
