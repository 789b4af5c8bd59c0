package aicontext

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/tokens"
)

// ran is a command that ended.
func ran(n, exit int, command string, lines int) api.Block {
	id := api.BlockID(uint64(n))
	return api.Block{ID: id, Session: "dev", Command: command, State: api.BlockDone, Exit: api.ExitCode(exit), Cwd: "/w", Lines: lines, Ref: "@" + id}
}

func present() Present {
	return Present{Info: api.Session{ID: "s1", Name: "dev", State: api.Ready, Evidence: []string{"prompt mark"}, Cwd: "/w"}}
}

func read(t testing.TB, b *Book, p Present, budget, lines int) *api.ContextView {
	t.Helper()
	v, err := b.Context(&api.ContextRequest{Tokens: budget, Lines: lines}, p)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// fill runs n commands that each say some lines.
func fill(b *Book, from, n int) {
	for i := from; i < from+n; i++ {
		block := ran(i, 0, fmt.Sprintf("make step-%d", i), 30)
		b.Ended(block)
		b.Read(block, strings.Repeat(fmt.Sprintf("compiled unit %d of the program\n", i), 1+i%30), nil, nil)
	}
}

func TestContextIsWithinItsBudget(t *testing.T) {
	for _, budget := range []int{256, 500, 1000, 4096, 20000} {
		b := &Book{}
		fill(b, 1, 300)
		for i := 301; i < 340; i++ {
			block := ran(i, 2, fmt.Sprintf("go test ./%d", i), 9)
			b.Read(block, strings.Repeat("x_test.go:9: a long complaint about what came and what was wanted ", 400), []api.Finding{
				{Kind: "test", Severity: "error", File: "x_test.go", Line: i, Message: strings.Repeat("got this, wanted that ", 30)},
			}, []api.Next{{Command: "go test -run TestX ./" + fmt.Sprint(i), Reason: "it failed"}})
		}
		p := present()
		p.Git = &api.GitState{Branch: "main", Changed: 400}
		for i := range 100 {
			p.Git.Dirty = append(p.Git.Dirty, api.Dirty{Status: "M", Path: fmt.Sprintf("internal/some/where/file_%d.go", i)})
		}
		p.Memory = &Recall{Summary: strings.Repeat("- decided to go on\n", 500), Pinned: []api.Message{{Role: "user", Text: strings.Repeat("mind the gap ", 300)}}}
		v := read(t, b, p, budget, 50)
		if n := tokens.Estimate(v.Text); n > budget {
			t.Errorf("budget %d: %d tokens", budget, n)
		}
		if v.Tokens > budget || v.Tokens < tokens.Estimate(v.Text)*9/10 {
			t.Errorf("budget %d: says %d, has %d", budget, v.Tokens, tokens.Estimate(v.Text))
		}
		if !strings.Contains(v.Text, "ref=@e339]") {
			t.Errorf("budget %d: the newest command is not there:\n%s", budget, v.Text)
		}
	}
}

// What was read stays as it was: between two moves of a batch the new text begins with
// the old one, but for its end about the present.
func TestContextBeginsAsItDidBefore(t *testing.T) {
	b := &Book{}
	same, moved := 0, 0
	last := ""
	for i := 1; i <= 400; i++ {
		fill(b, i, 1)
		text := read(t, b, present(), 4096, 50).Text
		history, _, ok := strings.Cut(text, "## now\n")
		if !ok {
			t.Fatalf("no present in\n%s", text)
		}
		if strings.HasPrefix(history, last) {
			same++
		} else {
			moved++
		}
		last = history
	}
	if moved > 400/8 {
		t.Errorf("the beginning changed %d times in %d readings", moved, same+moved)
	}
}

func TestContextShortensInDetail(t *testing.T) {
	b := &Book{}
	fill(b, 1, 60)
	text := read(t, b, present(), 2000, 50).Text
	for _, want := range []string{
		"earlier: ai-session history dev]\n", "@e50 make step-50 -> ok, 30 lines\n",
		"[e60 exit=0 0ms cwd=/w 30 lines ref=@e60]\n$ make step-60\ncompiled unit 60",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "compiled unit 20 ") {
		t.Errorf("an old command shows its text:\n%s", text)
	}
	if i, j := strings.Index(text, "@e50 make"), strings.Index(text, "[e60 "); i > j {
		t.Error("the newest command stands before an older one")
	}
}

func TestFailureIsOpenUntilItsCommandSucceeds(t *testing.T) {
	finding := api.Finding{Kind: "test", Severity: "error", File: "a_test.go", Line: 7, Name: "TestA", Message: "got 1"}
	b := &Book{}
	failed := ran(1, 1, "go test ./a", 4)
	b.Ended(failed)
	b.Read(failed, "--- FAIL: TestA\n", []api.Finding{finding}, []api.Next{{Command: "go test -run TestA ./a", Reason: "it failed"}})
	b.Read(ran(2, 2, "make", 1), "make: *** no target\n", nil, nil)
	b.Read(ran(3, 1, "grep nothing here", 0), "", nil, nil)
	v := read(t, b, present(), 4096, 50)
	if len(v.Failures) != 2 || v.Failures[0].Ref != "@e2" || v.Failures[1].Ref != "@e1" {
		t.Fatalf("failures %+v; grep found nothing, which is no failure", v.Failures)
	}
	for _, want := range []string{"failing: @e1 exit=1 go test ./a\n  a_test.go:7: TestA: got 1\n", "next: go test -run TestA ./a  # it failed\n"} {
		if !strings.Contains(v.Text, want) {
			t.Errorf("no %q in\n%s", want, v.Text)
		}
	}
	b.Read(ran(4, 0, "go test ./a", 1), "ok\n", nil, nil)
	if v := read(t, b, present(), 4096, 50); len(v.Failures) != 1 || v.Failures[0].Ref != "@e2" {
		t.Errorf("after a success: %+v", v.Failures)
	}
	b.Read(failed, "", nil, nil) // somebody reads the old run again
	if v := read(t, b, present(), 4096, 50); len(v.Failures) != 1 {
		t.Errorf("an old run is open again: %+v", v.Failures)
	}
}

// An answer may be there before the session tells of the end, or long after.
func TestTextComesBeforeOrAfterTheEnd(t *testing.T) {
	for _, order := range []string{"text first", "end first"} {
		b := &Book{}
		one, two := ran(1, 0, "one", 1), ran(2, 0, "two", 1)
		if order == "text first" {
			b.Read(two, "second\n", nil, nil)
			b.Ended(one)
			b.Ended(two)
			b.Read(one, "first\n", nil, nil)
		} else {
			b.Ended(one)
			b.Ended(two)
			b.Read(two, "second\n", nil, nil)
			b.Read(one, "first\n", nil, nil)
		}
		text := read(t, b, present(), 4096, 50).Text
		if i, j := strings.Index(text, "\nfirst\n"), strings.Index(text, "\nsecond\n"); i < 0 || j < i || strings.Count(text, "ref=@e") != 2 {
			t.Errorf("%s:\n%s", order, text)
		}
		if n := b.Unread(10, 1<<20); len(n) != 0 {
			t.Errorf("%s: unread %v", order, n)
		}
	}
}

func TestBookIsBounded(t *testing.T) {
	b := &Book{}
	for i := 1; i <= 900; i++ {
		block := ran(i, i%2, fmt.Sprint("command ", i), 100)
		b.Read(block, strings.Repeat(fmt.Sprintf("line of %d\n", i), 1500), nil, nil)
	}
	size := 0
	for _, it := range b.items {
		size += len(it.text)
	}
	if size != b.text || size > maxText+maxOne || len(b.items) > maxItems || len(b.failures) > maxFailures {
		t.Errorf("%d bytes of text, counted %d, %d items, %d failures", size, b.text, len(b.items), len(b.failures))
	}
	text := read(t, b, present(), 4096, 50).Text
	if !strings.Contains(text, "earlier: ai-session history dev]") {
		t.Error("what is forgotten is not counted")
	}
}

func TestClipAccountsForEveryLine(t *testing.T) {
	for _, c := range []struct{ lines, tokens int }{{1, 1000}, {2, 1000}, {5, 1000}, {50, 60}, {50, 20}, {3, 17}} {
		var in []string
		for i := range 40 {
			in = append(in, fmt.Sprintf("line %d of forty", i))
		}
		out, _ := clip(strings.Join(in, "\n"), limit{c.lines, c.tokens}, "@e1")
		shown, hidden := 0, 0
		for _, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
			if _, err := fmt.Sscanf(line, "[... %d line", &hidden); err != nil {
				shown++
			}
		}
		if shown+hidden != 40 || shown > c.lines {
			t.Errorf("%+v: %d shown, %d hidden:\n%s", c, shown, hidden, out)
		}
	}
	if out, _ := clip(strings.Repeat("x", 9000), limit{50, 40}, "@e1"); !strings.Contains(out, "...[+") || len(out) > 400 {
		t.Errorf("a long line: %d bytes %.80q", len(out), out)
	}
}

// Four thousand tokens of a session with a hundred thousand lines behind it.
func BenchmarkContext(b *testing.B) {
	book := &Book{}
	for i := 1; i <= 1000; i++ {
		block := ran(i, i%10/9, fmt.Sprintf("make step-%d", i), 100)
		book.Ended(block)
		book.Read(block, strings.Repeat(fmt.Sprintf("compiled unit %d of the program\n", i), 100), []api.Finding{{Kind: "build", Severity: "error", File: "a.c", Line: i, Message: "expected ;"}}, nil)
	}
	p := present()
	p.Memory = &Recall{Summary: strings.Repeat("- decided to go on\n", 50)}
	req := &api.ContextRequest{Tokens: 4096}
	size := 0
	for b.Loop() {
		v, err := book.Context(req, p)
		if err != nil {
			b.Fatal(err)
		}
		size = v.Tokens
	}
	b.ReportMetric(float64(size), "tokens")
}
