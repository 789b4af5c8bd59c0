package shell

import (
	"bytes"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// parseLimit is how much text is parsed at most. Longer commands are data that was
// pasted into a heredoc; they are judged by their words alone.
const parseLimit = 256 << 10

// parse reads text as the kind of shell would. fish has a syntax of its own that
// nothing here needs to know.
func parse(kind Kind, text []byte) (*syntax.File, error) {
	lang := syntax.LangBash
	switch kind {
	case Zsh:
		lang = syntax.LangZsh
	case Sh:
		lang = syntax.LangPOSIX
	}
	return syntax.NewParser(syntax.Variant(lang)).Parse(bytes.NewReader(text), "")
}

// parses says that text is complete and correct as far as the parser knows.
func parses(kind Kind, text []byte) bool {
	if len(text) > parseLimit {
		return false
	}
	_, err := parse(kind, text)
	return err == nil
}

// Classify says whether a command may make errexit or nounset end the shell that runs
// it: it turns one of them on, or one is on already (opts), or it stops at a missing
// parameter (${x:?}). Such a command runs isolated. Subshells contain their own.
//
// Text that does not parse is judged by its words, since a shell runs it up to the
// error; so is text beyond parseLimit. A wrong yes costs a fork and the job table.
func Classify(kind Kind, text []byte, opts string) bool {
	if kind == Fish || kind == PowerShell { // they have neither
		return false
	}
	return strings.ContainsAny(opts, "eu") || classify(kind, text, 0)
}

// evalDepth is how many evals inside each other are looked into; deeper is suspect.
const evalDepth = 3

func classify(kind Kind, text []byte, depth int) bool {
	if !suspect(text) {
		return false
	}
	if depth > evalDepth {
		return true
	}
	if len(text) > parseLimit {
		return suspectWords(text)
	}
	file, err := parse(kind, text)
	if err != nil {
		return suspectWords(text)
	}
	return ends(kind, file, depth)
}

// suspect is the cheap look that spares nearly all commands the parser.
func suspect(text []byte) bool {
	if bytes.Contains(text, []byte("set")) || bytes.Contains(text, []byte("shopt")) || bytes.Contains(text, []byte("emulate")) {
		return true
	}
	return bytes.Contains(text, []byte("${")) && bytes.IndexByte(text, '?') >= 0
}

// suspectWords looks for "set -e" and its like without a parser, in one pass.
func suspectWords(text []byte) bool {
	if bytes.Contains(text, []byte(":?")) {
		return true
	}
	for _, word := range [...]string{"set", "setopt", "unsetopt", "shopt", "emulate"} {
		for rest := text; ; {
			i := bytes.Index(rest, []byte(word+" "))
			if i < 0 {
				break
			}
			begins := i == 0 || bytes.IndexByte([]byte(" \t\n;&|(){}`\\"), rest[i-1]) >= 0
			rest = rest[i:]
			if begins && turnsOn(firstWords(rest)) {
				return true
			}
			rest = rest[len(word):]
		}
	}
	return false
}

// firstWords are the words up to the end of the command, of a short piece of text.
func firstWords(text []byte) []string {
	text = text[:min(len(text), 200)]
	if i := bytes.IndexAny(text, "\n;&|)}`"); i >= 0 {
		text = text[:i]
	}
	return strings.Fields(string(text))
}

// ends walks a parsed command.
func ends(kind Kind, file *syntax.File, depth int) bool {
	found := false
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Subshell, *syntax.CmdSubst, *syntax.ProcSubst:
			return false
		case *syntax.ParamExp:
			if n.Exp != nil && (n.Exp.Op == syntax.ErrorUnset || n.Exp.Op == syntax.ErrorUnsetOrNull) {
				found = true
			}
		case *syntax.CallExpr:
			found = found || callEnds(kind, n, depth)
		}
		return !found
	})
	return found
}

// callEnds judges one simple command. A word that is not literal counts as the worst.
func callEnds(kind Kind, call *syntax.CallExpr, depth int) bool {
	words := make([]string, 0, len(call.Args))
	for _, w := range call.Args {
		words = append(words, literal(w))
	}
	for len(words) > 1 && (words[0] == "builtin" || words[0] == "command") {
		words = words[1:]
	}
	if len(words) == 0 {
		return false
	}
	if words[0] == "eval" {
		return classify(kind, []byte(strings.Join(words[1:], " ")), depth+1)
	}
	return turnsOn(words)
}

// unknown stands for a word whose value only the shell knows.
const unknown = "\x00"

// literal is the value of a word, or unknown.
func literal(w *syntax.Word) string {
	var b strings.Builder
	for _, part := range w.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			b.WriteString(strings.ReplaceAll(part.Value, `\`, ""))
		case *syntax.SglQuoted:
			b.WriteString(part.Value)
		case *syntax.DblQuoted:
			for _, p := range part.Parts {
				lit, ok := p.(*syntax.Lit)
				if !ok {
					return unknown
				}
				b.WriteString(lit.Value)
			}
		default:
			return unknown
		}
	}
	return b.String()
}

// turnsOn says that a command of these words turns errexit or nounset on.
func turnsOn(words []string) bool {
	switch strings.TrimPrefix(words[0], `\`) {
	case "set":
		return setTurnsOn(words[1:])
	case "shopt":
		on := false
		for _, w := range words[1:] {
			on = on || strings.HasPrefix(w, "-") && strings.Contains(w, "s")
		}
		return on && anyOption(words[1:])
	case "setopt":
		return anyOption(words[1:]) || anyLetter(words[1:], '-')
	case "unsetopt":
		return strings.Contains(optionName(strings.Join(words[1:], " ")), "unset") || anyLetter(words[1:], '+')
	case "emulate":
		return anyLetter(words[1:], '-') || anyOption(words[1:])
	}
	return false
}

// setTurnsOn reads the arguments of set up to "--" or the first operand.
func setTurnsOn(args []string) bool {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == unknown && i == 0:
			return true
		case len(a) < 2 || a[0] != '-' && a[0] != '+' || a == "--":
			return false
		case a[0] == '-' && strings.ContainsAny(a, "eu"):
			return true
		case strings.Contains(a, "o") && i+1 < len(args):
			i++
			if a[0] == '-' && (args[i] == unknown || anyOption(args[i:i+1])) {
				return true
			}
		}
	}
	return false
}

func anyLetter(args []string, sign byte) bool {
	for _, a := range args {
		if len(a) > 1 && a[0] == sign && strings.ContainsAny(a, "eu") {
			return true
		}
	}
	return false
}

func anyOption(args []string) bool {
	for _, a := range args {
		switch optionName(a) {
		case "errexit", "nounset", unknown:
			return true
		}
	}
	return false
}

// optionName is an option as zsh compares it: case and underscores do not count.
func optionName(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "_", ""))
}
