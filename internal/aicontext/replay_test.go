package aicontext

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/output"
	"github.com/ai-session/ai-session/internal/tokens"
	"github.com/ai-session/ai-session/internal/tokens/exact"
)

var corpus = flag.String("corpus", "", "a folder with public/ and sessions/, for TestReplay")

// schemaTokens is what the schemas of the core tools take, in every turn.
const schemaTokens = 450

// step is one turn of a recorded session.
type step struct {
	command, said, output string
	exit                  *int
	lookup                string // what a later reader must find: facts of the case
}

// recording is a whole session.
type recording struct {
	name  string
	noisy bool
	steps []step
}

// TestReplay replays recorded sessions turn by turn. In each turn a model reads all
// that the conversation holds: with a bare terminal every output so far, here the
// answer of the newest command, and of the older ones what a context has of them; the
// schemas of the tools in each turn; and an opened reference for every fact that is used
// later and is not in view.
func TestReplay(t *testing.T) {
	if *corpus == "" {
		t.Skip("no -corpus: recorded sessions are not part of this repository")
	}
	count, err := exact.Counter("o200k_base")
	if err != nil {
		t.Fatal(err)
	}
	all := recordings(t)
	for _, budget := range budgets {
		total := map[string]*sums{"all noisy": {}, "all lean": {}, "long noisy": {}, "long lean": {}}
		t.Logf("a context of %d tokens\n%-24s %5s %9s %9s %9s %7s %7s %8s %8s", budget, "session", "steps", "rendered", "answered", "expanded", "opened", "schema", "saved %", "whole %")
		for _, r := range all {
			s := replay(r, budget, count)
			if budget == budgets[0] {
				t.Log(s.row(r.name, len(r.steps)))
			}
			kind := "lean"
			if r.noisy {
				kind = "noisy"
			}
			total["all "+kind].add(s)
			if len(r.steps) >= 30 {
				total["long "+kind].add(s)
			}
		}
		for _, name := range []string{"all noisy", "long noisy", "all lean", "long lean"} {
			t.Log(total[name].row(name, 0))
		}
	}
}

// budgets are those of the contexts. A conversation that carries less opens more again.
var budgets = []int{DefaultTokens, 1536, 4096}

func (s sums) row(name string, steps int) string {
	return fmt.Sprintf("%-24s %5d %9d %9d %9d %7d %7d %8.1f %8.1f", name, steps, s.terminal, s.answered, s.expanded, s.opened, s.schema, s.saved(), s.whole())
}

// sums are tokens, each turn's reading added up.
type sums struct{ terminal, answered, expanded, opened, schema, words int }

func (s *sums) add(o sums) {
	s.terminal += o.terminal
	s.answered += o.answered
	s.expanded += o.expanded
	s.opened += o.opened
	s.schema += o.schema
	s.words += o.words
}

func (s sums) ours() int { return s.answered + s.expanded + s.schema }

func (s sums) saved() float64 { return 100 * (1 - float64(s.ours())/float64(max(1, s.terminal))) }

// whole has what both carry anyhow beside the terminal: the model's words and commands.
func (s sums) whole() float64 {
	return 100 * (1 - float64(s.ours()+s.words)/float64(max(1, s.terminal+s.words)))
}

// turns is a session under replay: what happened as a Book remembers it, and the answer
// of the newest command as it was given.
type turns struct {
	book   Book
	view   view
	budget int
	count  func(string) int
	number int
	opened map[uint64]bool // items that are opened parts of outputs
	newest string
}

// ran tells of a command and its answer.
func (t *turns) ran(command string, exit *int, rep output.Report) {
	t.number++
	block := ran(t.number, 0, command, rep.Lines)
	if exit != nil {
		block.Exit = api.ExitCode(*exit)
	}
	t.newest = Header(&block) + "\n" + rep.Text
	for _, n := range rep.Next {
		t.newest += "next: " + n.Command + "  # " + n.Reason + "\n"
	}
	t.book.Ended(block)
	t.book.Read(block, rep.Text, rep.Findings, rep.Next)
}

// history is what is read of the commands before the newest, as a context has it.
func (t *turns) history() (text string, expanded int) {
	older := Book{items: t.book.items[:max(0, len(t.book.items)-1)], dropped: t.book.dropped}
	page := &pager{}
	older.history(page, &t.view, share(t.budget, 100-linesShare-presentShare)-headTokens, share(t.budget, linesShare), "dev")
	for _, it := range older.items {
		if t.opened[it.number] && it.full != "" && strings.Contains(page.String(), it.full) {
			expanded += t.count(it.full)
		}
	}
	return page.String(), expanded
}

// replay reads a session turn by turn.
func replay(r recording, budget int, count func(string) int) sums {
	var s sums
	t := &turns{budget: budget, count: count, opened: map[uint64]bool{}, view: view{lines: DefaultLines}}
	priors := map[string]*output.Prior{}
	outputs := map[int][]string{}
	raw, words := 0, ""
	for _, st := range r.steps {
		// What this turn says uses what was read before: what is not in view is opened
		// first, in a turn of its own that reads everything once more.
		history, _ := t.history()
		view := words + history + t.newest
		for j, last := 1, t.number; j <= last; j++ {
			if part := open(outputs[j], st.said+" "+st.command, &view); part != "" {
				s.opened++
				t.ran(fmt.Sprintf("ai-session output @e%d", j), new(int), output.Report{Text: part, Lines: strings.Count(part, "\n")})
				t.opened[uint64(t.number)] = true
				s.read(t)
			}
		}
		ref := fmt.Sprintf("@e%d", t.number+1)
		rep := output.Reduce(output.Input{Command: st.command, Bytes: []byte(st.output), Exit: st.exit, Ref: ref, Tokens: count, Prior: priors[st.command], Recent: recentOf(priors, st.command), Cols: 120, Rows: 40})
		if rep.Digest != nil {
			priors[st.command] = &output.Prior{Ref: ref, Digest: rep.Digest}
		}
		t.ran(st.command, st.exit, rep)
		outputs[t.number] = strings.Split(st.output, "\n")
		words += st.said + "\n" + st.command + "\n"
		raw += rep.RenderedTokens
		s.terminal += raw
		s.words += count(words)
		s.read(t)
	}
	return s
}

// read adds what one turn reads.
func (s *sums) read(t *turns) {
	s.schema += schemaTokens
	history, expanded := t.history()
	n := t.count(history) + t.count(t.newest)
	if t.opened[uint64(t.number)] {
		expanded += t.count(t.newest)
	}
	s.expanded += expanded
	s.answered += n - expanded
}

// recentOf are the newest outputs of other commands, as a session hands them on.
func recentOf(priors map[string]*output.Prior, command string) []output.Prior {
	var recent []output.Prior
	for c, p := range priors {
		if c != command {
			recent = append(recent, *p)
		}
	}
	slices.SortFunc(recent, func(a, b output.Prior) int {
		return cmp.Or(len(b.Ref)-len(a.Ref), strings.Compare(b.Ref, a.Ref))
	})
	return recent[:min(len(recent), 8)]
}

var wordOf = regexp.MustCompile(`[A-Za-z_][\w./:-]{6,}`)

// open is what it takes to see the facts of an output that the next words use and that
// are not in view: ten lines around each. A fact is a long word that the output has. One
// that was read, and has become a line since, is opened again.
func open(output []string, words string, view *string) string {
	opened := ""
	for _, word := range wordOf.FindAllString(words, -1) {
		if !isName(word) || strings.Contains(*view, word) {
			continue
		}
		at := slices.IndexFunc(output, func(line string) bool { return strings.Contains(line, word) })
		if at < 0 {
			continue
		}
		part := strings.Join(output[max(0, at-5):min(len(output), at+5)], "\n") + "\n"
		opened += part
		*view += part
	}
	return opened
}

// isName says that a word is none of the prose: it has what only names, paths and
// numbers have.
func isName(word string) bool {
	return strings.ContainsAny(strings.TrimRight(word[1:], "./:-"), "0123456789_./:ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}

// recordings are those of the corpus: real sessions, sessions composed of real runs,
// and longer ones composed here of both, each of 30 to 60 steps.
func recordings(t *testing.T) []recording {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(*corpus, "sessions", "*.json"))
	if err != nil || len(files) == 0 {
		t.Skipf("no sessions in %s", *corpus)
	}
	var lean, noisy []recording
	for _, f := range files {
		r := recorded(t, f)
		if r.noisy {
			noisy = append(noisy, r)
		} else {
			lean = append(lean, r)
		}
	}
	all := append(slices.Clone(lean), noisy...)
	for i, r := range noisy { // work of one kind, then of another, then of the first again
		other, third := noisy[(i+1)%len(noisy)], noisy[(i+3)%len(noisy)]
		all = append(all, join("long "+r.name, true, r, other, r, third))
	}
	for i := range lean {
		l := recording{name: fmt.Sprintf("long lean %d", i+1)}
		for j := i; len(l.steps) < 30; j++ {
			l = join(l.name, false, l, lean[j%len(lean)])
		}
		all = append(all, l)
	}
	return all
}

func join(name string, noisy bool, parts ...recording) recording {
	r := recording{name: name, noisy: noisy}
	for _, p := range parts {
		r.steps = append(r.steps, p.steps...)
	}
	r.steps = r.steps[:min(60, len(r.steps))]
	return r
}

// recorded reads one file: steps as they were, or the names of cases.
func recorded(t *testing.T, file string) recording {
	t.Helper()
	var f struct {
		Cases []string
		Steps []struct {
			Action, Assistant, Observation string
			Exit                           *int
		}
	}
	decode(t, file, &f)
	r := recording{name: strings.TrimSuffix(filepath.Base(file), ".json"), noisy: len(f.Cases) > 0}
	for _, s := range f.Steps {
		r.steps = append(r.steps, step{command: s.Action, said: s.Assistant, output: s.Observation, exit: s.Exit})
	}
	for _, c := range f.Cases {
		dir := filepath.Join(*corpus, "public", c)
		var meta struct {
			Cmd  string
			Exit int
		}
		decode(t, filepath.Join(dir, "meta.json"), &meta)
		raw, err := os.ReadFile(filepath.Join(dir, "raw"))
		if err != nil {
			t.Fatal(err)
		}
		var needles []struct{ Text string }
		decode(t, filepath.Join(dir, "needles.json"), &needles)
		s := step{command: meta.Cmd, output: string(raw), exit: &meta.Exit}
		for _, n := range needles {
			s.lookup += n.Text + "\n"
		}
		r.steps = append(r.steps, s)
		if n := len(r.steps); n > 1 {
			r.steps[n-1].said = r.steps[n-2].lookup // the next turn speaks of all its facts
		}
	}
	return r
}

func decode(t *testing.T, file string, into any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// The estimate is what the budget is kept by; it may be off, but not by much.
func TestEstimateOfAContextIsNear(t *testing.T) {
	b := &Book{}
	fill(b, 1, 40)
	v := read(t, b, present(), 4096, 50)
	count, err := exact.Counter("o200k_base")
	if err != nil {
		t.Fatal(err)
	}
	if n := count(v.Text); v.Tokens < n*8/10 || v.Tokens > n*13/10 || tokens.Estimate(v.Text) == 0 {
		t.Errorf("said %d, counted %d", v.Tokens, n)
	}
}
