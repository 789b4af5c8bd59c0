package aicontext

import (
	"fmt"
	"strings"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/tokens"
)

// presentText is the end of a reading: what changes from one to the next.
func presentText(v *api.ContextView, budget int) string {
	w := &within{budget: budget}
	w.line("## now")
	w.line(fmt.Sprintf("state: %s for %s (%s)", v.State, seconds(v.AgeMS), strings.Join(v.Evidence, "; ")))
	w.line("cwd: " + v.Cwd)
	if v.Git != nil {
		w.line(gitLine(v.Git))
	}
	for _, p := range v.Running {
		w.line(strings.TrimRight(fmt.Sprintf("running: pid %d %s %s", p.PID, p.Name, firstLine(p.Command, stubText)), " "))
	}
	last := tallyLine(v.Ledger)
	w.budget -= tokens.Estimate(last) + 1 // it stands at the end, whatever else does
	for _, n := range v.Next {
		w.line("next: " + n.Command + "  # " + n.Reason)
	}
	for i, f := range v.Failures {
		if !w.failure(f) {
			w.more(len(v.Failures)-i, "open failure")
			break
		}
	}
	w.WriteString(last + "\n")
	return w.String()
}

// within is a text that takes lines for as long as there is room.
type within struct {
	strings.Builder
	budget int
}

func (w *within) line(text string) bool {
	n := tokens.Estimate(text) + 1
	if n > w.budget {
		if w.budget < 16 {
			return false
		}
		text = cutLine(text, w.budget-8)
		n = tokens.Estimate(text) + 1
	}
	w.budget -= n
	w.WriteString(text + "\n")
	return true
}

// shownFindings is how many findings of a failure are shown.
const shownFindings = 5

func (w *within) failure(f api.Failure) bool {
	how := "exit=" + f.Exit.String()
	if f.Signal != "" {
		how += " " + f.Signal
	}
	if !w.line(fmt.Sprintf("failing: %s %s %s", f.Ref, how, firstLine(f.Command, stubText))) {
		return false
	}
	shown := 0
	for _, finding := range f.Findings {
		if finding.Severity != "error" || finding.Kind == "exit" {
			continue
		}
		if shown == shownFindings || !w.line("  "+describeFinding(finding)) {
			w.more(len(f.Findings)-shown, "finding")
			break
		}
		shown++
	}
	return true
}

// more says that there is more; it is short, and the share of the present has room.
func (w *within) more(n int, what string) {
	fmt.Fprintf(w, "  [%s more]\n", plural(n, what))
}

// shownDirty is how many changed files are named.
const shownDirty = 12

func gitLine(g *api.GitState) string {
	line := "git: " + g.Branch
	if g.Branch == "" {
		line = "git: detached at " + g.Head
	}
	switch {
	case g.Unknown != "":
		return line + " (changes unknown: " + g.Unknown + ")"
	case len(g.Dirty) == 0:
		return line + ", clean"
	}
	line += fmt.Sprintf(", %d changed:", g.Changed)
	for i, d := range g.Dirty {
		if i == shownDirty {
			return line + fmt.Sprintf(" and %d more", g.Changed-i)
		}
		line += " " + strings.TrimSpace(d.Status) + " " + d.Path
		if i < len(g.Dirty)-1 {
			line += ","
		}
	}
	return line
}

func tallyLine(t api.Tally) string {
	if t.Answers == 0 {
		return "tokens: nothing answered yet"
	}
	return fmt.Sprintf("tokens (estimated): %d raw, %d shown by the terminal, %d answered, %d expanded: %.0f%% saved",
		t.RawTokens, t.RenderedTokens, t.AnsweredTokens, t.ExpandedTokens, t.SavedPercent)
}
