package output

import (
	"fmt"
	"strings"
	"testing"
)

// rerun reads a second output with the first as what was before.
func rerun(command string, exit1 int, first string, exit2 int, second string) Report {
	crlf := func(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }
	before := Reduce(Input{Command: command, Exit: &exit1, Bytes: crlf(first), Ref: "@e1"})
	return Reduce(Input{Command: command, Exit: &exit2, Bytes: crlf(second), Ref: "@e2", Prior: &Prior{Ref: "@e1", Digest: before.Digest}})
}

func TestIdenticalRerunIsOneLine(t *testing.T) {
	text := strings.Repeat("a line of some output that says little\nand one more of them\n", 20)
	if r := rerun("./x", 0, text, 0, text); r.Text != "[same as @e1, 40 lines]\n" {
		t.Errorf("%q", r.Text)
	}
}

func TestRerunThatDiffersInTimesAloneIsTheSame(t *testing.T) {
	out := func(s string) string {
		return "--- FAIL: TestA (" + s + "s)\n    a_test.go:3: wrong at 0xc000" + strings.ReplaceAll(s, ".", "") + "12\nFAIL\nFAIL\texample.com/a\t" + s + "s\nFAIL\n"
	}
	r := rerun("go test ./...", 1, out("0.01"), 1, out("0.27"))
	if !strings.HasPrefix(r.Text, "[same as @e1 except times: exit 1, ") || !strings.Contains(r.Text, "still: TestA") {
		t.Errorf("%q", r.Text)
	}
	if len(r.Findings) == 0 || r.Findings[0].Name != "TestA" {
		t.Errorf("%+v", r.Findings)
	}
}

// A file that another command shows again is told by what is new in it; ten lines of it
// that somebody asks for are shown.
func TestWhatAnotherCommandShowsAgainIsTheDifference(t *testing.T) {
	file := func(changed int) string {
		var b strings.Builder
		for i := 1; i <= 60; i++ {
			word := "step"
			if i == changed {
				word = "changed"
			}
			fmt.Fprintf(&b, "%d:    do_%s(%d, value_of(%d))\n", i, word, i*7, i)
		}
		return b.String()
	}
	first := reduceText("open a.py", 0, file(0))
	if first.Kind != "file" || first.Text != file(0) {
		t.Errorf("%s: %q", first.Kind, first.Text)
	}
	recent := []Prior{{Ref: "@e1", Digest: first.Digest}}
	read := func(command, text string) string {
		return Reduce(Input{Command: command, Bytes: []byte(text), Exit: new(int), Ref: "@e2", Recent: recent}).Text
	}
	if got := read("edit 31:31", file(31)); !strings.HasPrefix(got, "[since @e1: +1 -1 of 60 lines]\n") || !strings.Contains(got, "31:    do_changed(217, value_of(31))\n") || !strings.HasSuffix(got, "[gone: @e1:31 31:    do_step(217, value_of(31))]\n") || strings.Contains(got, "do_step(210") {
		t.Errorf("%q", got)
	}
	part := strings.Join(strings.SplitAfter(file(0), "\n")[20:40], "")
	if got := read("sed -n 21,40p", part); got != part {
		t.Errorf("%q", got)
	}
	big := reduceText("cat a.py", 0, strings.Repeat("def f(): pass  # of which there are very many in here\n", 5)+manyLines(3000))
	recent = []Prior{{Ref: "@e1", Digest: big.Digest}}
	if got := read("python3 -c x", manyLines(2900)); strings.Contains(got, "[since") {
		t.Errorf("compared with what was never shown: %.200q", got)
	}
}

func manyLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "    x%d = compute(%d) + %d\n", i, i*i, i%7)
	}
	return b.String()
}

func TestAnotherExitIsNotTheSame(t *testing.T) {
	text := strings.Repeat("doing things\n", 30)
	if r := rerun("./x", 0, text, 1, text); strings.Contains(r.Text, "same as") || !strings.Contains(r.Text, "[exit 1]") {
		t.Errorf("%q", r.Text)
	}
}

func TestChangedRerunSaysWhatGotFixedAndWhatBroke(t *testing.T) {
	fail := func(names ...string) string {
		var b strings.Builder
		for i, n := range names {
			fmt.Fprintf(&b, "--- FAIL: %s (0.00s)\n    a_test.go:%d: wrong\n", n, i+3)
		}
		return b.String() + "FAIL\nFAIL\texample.com/a\t0.1s\nFAIL\n"
	}
	r := rerun("go test ./...", 1, fail("TestOld", "TestStays"), 1, fail("TestStays", "TestNew"))
	if want := "[since @e1: fixed: TestOld; broke: TestNew; still failing: TestStays]\n"; !strings.HasPrefix(r.Text, want) {
		t.Errorf("%q, want %q", r.Text, want)
	}
	r = rerun("go test ./...", 1, fail("TestOld"), 0, "ok  \texample.com/a\t0.1s\n")
	if want := "[since @e1: fixed: TestOld]\n"; !strings.HasPrefix(r.Text, want) {
		t.Errorf("%q, want %q", r.Text, want)
	}
}

func TestSameFileAgainIsTheDifference(t *testing.T) {
	var first, second strings.Builder
	for i := range 200 {
		line := fmt.Sprintf("func f%d() { return %d }\n", i, i*7)
		first.WriteString(line)
		switch i {
		case 50:
			second.WriteString("func f50() { return changed }\n")
		case 120:
		default:
			second.WriteString(line)
		}
	}
	r := rerun("cat a.go", 0, first.String(), 0, second.String())
	for _, want := range []string{"[since @e1: +1 -2 of 199 lines]", "func f50() { return changed }", "[gone: @e1:51 func f50() { return 350 }]", "[gone: @e1:121 func f120() { return 840 }]", "@e2:1-50]"} {
		if !strings.Contains(r.Text, want) {
			t.Errorf("no %q in\n%s", want, r.Text)
		}
	}
	if r.Tokens > 120 {
		t.Errorf("%d tokens:\n%s", r.Tokens, r.Text)
	}
}

func TestDigestIsOfTheLastRunEvenIfItWasTheSame(t *testing.T) {
	text := strings.Repeat("a line of some output that says little\n", 40)
	if r := rerun("./x", 0, text, 0, text); r.Digest == nil || r.Digest.total != 40 {
		t.Errorf("%+v", r.Digest)
	}
}

// A window into a file that has moved shows what is new in it, and says where the rest
// was seen; a small part of what was seen is shown again.
func TestLinesSeenInAnEarlierOutputAreNamed(t *testing.T) {
	window := func(from, to, shift int) string {
		var b strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, "%d:    do_%d(%d, value_of(%d))\n", i+shift, i, i*7, i)
		}
		return b.String()
	}
	before := reduceText("open a.py 100", 0, "[File: a.py]\n"+window(100, 160, 0))
	recent := []Prior{{Ref: "@e1", Digest: before.Digest}}
	for _, c := range []struct {
		name, command, text string
		exit                int
		want, not           string
	}{
		{"moved up", "scroll_up", window(80, 140, 0), 0, "[40 lines as @e1:2-41, numbered 100-139]\n", "do_100("},
		{"a line put in", "edit 110:110", window(100, 110, 0) + "110:    fresh()\n" + window(110, 160, 1), 0, "[50 lines as @e1:12-61, numbered 111-160]\n", "do_130("},
		{"without numbers", "cat a.py", strings.ReplaceAll(strings.ReplaceAll(window(90, 140, 0), "9", "8"), ":", ""), 0, "do_120", "lines as"},
		{"a line edited", "scroll_up", strings.ReplaceAll(window(80, 140, 0), "do_120(", "wait(3.5s, "), 0, "wait(3.5s, ", "do_130("},
		{"a small part", "sed -n 20,40p a.py", window(120, 150, 0), 0, "do_120(", "lines as"},
		{"a failure", "edit 1:1", window(80, 140, 0), 1, "do_120(", "lines as"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Reduce(Input{Command: c.command, Bytes: []byte(c.text), Exit: &c.exit, Ref: "@e2", Recent: recent})
			if !strings.Contains(r.Text, c.want) || strings.Contains(r.Text, c.not) {
				t.Errorf("no %q or %q in\n%s", c.want, c.not, r.Text)
			}
			if r.Lines != r.Shown+r.Folded+r.Noise {
				t.Errorf("%d lines, %d shown, %d folded, %d noise", r.Lines, r.Shown, r.Folded, r.Noise)
			}
		})
	}
}

func TestAnEditedDurationIsNotALineSeenBefore(t *testing.T) {
	file := func(wait string) string {
		var b strings.Builder
		for i := range 40 {
			fmt.Fprintf(&b, "step_%d: call_%d with %d\n", i, i*3, i*7)
			if i == 20 {
				fmt.Fprintf(&b, "retry after %s of silence\n", wait)
			}
		}
		return b.String()
	}
	head, tail := strings.Repeat("another head\n", 3), strings.Repeat("another tail\n", 3)
	before := reduceText("cat a.conf", 0, file("3.2s"))
	zero := 0
	r := Reduce(Input{Command: "cat b.conf", Bytes: []byte(head + file("5.7s") + tail), Exit: &zero, Ref: "@e2", Recent: []Prior{{Ref: "@e1", Digest: before.Digest}}})
	if !strings.Contains(r.Text, "retry after 5.7s of silence") {
		t.Errorf("the edited line is not shown:\n%s", r.Text)
	}
	if strings.Contains(r.Text, "step_5:") || !strings.Contains(r.Text, "@e1") {
		t.Errorf("the others are shown again:\n%s", r.Text)
	}
}

// What is gone is named in one reference where it is more than a few lines; of warnings it is said
// which are new.
func TestReruns(t *testing.T) {
	listing := func(from, to int) string {
		text := fmt.Sprintf("total %d\n", 4*(to-from))
		for i := from; i < to; i++ {
			text += fmt.Sprintf("-rw-r--r-- 1 root root 120 Nov 22 11:31 file%02d.c\n", i)
		}
		return text
	}
	warnings := func(names ...string) string {
		text := ""
		for i, n := range names {
			text += fmt.Sprintf("a.c:%d:3: warning: unused variable '%s' [-Wunused-variable]\n", i+3, n)
		}
		return text + "linked\n"
	}
	for _, c := range []struct{ command, first, second, want, not string }{
		{"ls -l", listing(1, 40), listing(3, 41), "[since @e1: +1 -2 of 39 lines]", "total"},
		{"ls -l", listing(1, 40), listing(3, 41), "file01.c]\n[gone: @e1:3 ", "\n[gone: @e1:1"},
		{"ls -l", listing(1, 60), listing(7, 61), "[gone: @e1:2-7]\n", "file01.c"},
		{"make", warnings("a", "b", "c"), warnings("a", "b", "c", "d"), "[since @e1: new: a.c:6 unused variable 'd' [-Wunused-variable]; 3 warnings as before]", "gone"},
		{"make", warnings("a", "b", "c"), warnings("b", "c"), "[since @e1: 1 warning gone; 2 warnings as before]", "new"},
		{"make", warnings("a"), warnings("a", "b"), "unused variable 'b'", "[since"},
	} {
		if r := rerun(c.command, 0, c.first, 0, c.second); !strings.Contains(r.Text, c.want) || strings.Contains(r.Text, c.not) {
			t.Errorf("%s: no %q, or %q, in\n%s", c.command, c.want, c.not, r.Text)
		}
	}
	const gone = "cat: nofile: No such file or directory\n"
	if r := rerun("cat nofile", 1, gone, 1, gone); r.Text != gone {
		t.Errorf("%q", r.Text)
	}
}

// A file of text is shown as it is, unless its lines begin with a time or its name says that
// it is a log.
func TestTextFilesAreNotMined(t *testing.T) {
	var plain strings.Builder
	for i := range 40 {
		fmt.Fprintf(&plain, "func F%d() int { return %d }\n", i, i)
	}
	for _, c := range []struct {
		command, text string
		whole         bool
	}{
		{"sed -i 's/a/b/' x.txt; cat x.txt", plain.String(), true},
		{"touch y && head -50 notes.txt", plain.String(), true},
		{"touch y; cat run.log", plain.String(), false},
	} {
		if r := reduceText(c.command, 0, c.text); (r.Text == c.text) != c.whole {
			t.Errorf("%s:\n%s", c.command, r.Text)
		}
	}
}

// A list of packages is told by what is new in it, whichever tool lists them.
func TestSecondListOfPackagesIsTheDifference(t *testing.T) {
	list := func(extra string) string {
		var b strings.Builder
		b.WriteString("Package    Version\n---------- -------\n")
		for i := range 60 {
			fmt.Fprintf(&b, "package%-3d 1.%d\n", i, i*7%11)
			if i == 30 {
				b.WriteString(extra)
			}
		}
		return b.String()
	}
	r := rerun("pip list", 0, list(""), 0, list("requests   2.32\n"))
	if r.Text != "[since @e1: +1 -0 of 63 lines]\n[... 33 lines of what was there @e2:1-33]\nrequests   2.32\n[... 29 lines of what was there @e2:35-63]\n" {
		t.Errorf("%q", r.Text)
	}
}
