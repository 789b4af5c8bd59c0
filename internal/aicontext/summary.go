package aicontext

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// Summary stands for messages that were folded. It is made by rules, so that the same
// messages always leave the same summary: what was asked, what was decided, which files
// were touched, what is still wrong, and what came out.
type Summary struct {
	Messages  int       `json:"messages"`
	Words     string    `json:"words,omitempty"` // of an outside summariser
	Asked     []string  `json:"asked,omitempty"`
	Decisions []string  `json:"decisions,omitempty"`
	Files     []string  `json:"files,omitempty"`
	Problems  []problem `json:"problems,omitempty"`
	Results   []string  `json:"results,omitempty"`
}

// problem is something wrong, and the command that would tell that it is no more.
type problem struct {
	Text    string `json:"text"`
	Command string `json:"command,omitempty"`
}

// How many of each a summary keeps, the newest ones.
const (
	keepAsked, keepDecisions, keepFiles, keepProblems, keepResults = 10, 12, 30, 8, 8
	summaryLine                                                    = 160
)

func (s Summary) clone() Summary {
	s.Asked, s.Decisions, s.Files = slices.Clone(s.Asked), slices.Clone(s.Decisions), slices.Clone(s.Files)
	s.Problems, s.Results = slices.Clone(s.Problems), slices.Clone(s.Results)
	return s
}

var (
	decided = regexp.MustCompile(`(?i)\b(decided?|decision|chose|chosen|instead of|rather than|we(?:'ll| will| should)|i(?:'ll| will)|let's|going with|switch(?:ed|ing)? to|must not|never|always|agreed|prefer)\b`)
	wrong   = regexp.MustCompile(`(?i)\b(error|errors|fail(?:s|ed|ing|ure)?|panic|fatal|exception|traceback|undefined|cannot|can't|broken|crash(?:es|ed)?|refused|denied|not found|missing|bug|todo|unresolved|open question)\b`)
	right   = regexp.MustCompile(`(?i)\b(pass(?:es|ed)?|fixed|solved|done|works|succeed(?:s|ed)?|success(?:ful|fully)?|built|merged|deployed|released|created|ok|green)\b`)
	path    = regexp.MustCompile(`(?:^|[\s"'` + "`" + `(=])((?:~|\.{1,2})?/?(?:[\w.@+-]+/)+[\w.@+-]+|[\w-]+\.(?:go|py|js|ts|tsx|jsx|rs|c|h|cc|cpp|hpp|java|kt|rb|php|cs|sh|md|json|ya?ml|toml|sql|html|css|proto|txt|mod|lock|cfg|ini))\b`)
	header  = regexp.MustCompile(`^\[e\d+ (?:\w+ )?exit=(\d+) .*ref=(@e\d+)\]$`)
)

// take adds a message to the summary.
func (s *Summary) take(m api.Message) {
	s.Messages++
	text := m.Text
	if head, rest, _ := strings.Cut(text, "\n"); header.MatchString(head) {
		text = rest // the folder of a command is no file
	}
	for _, f := range path.FindAllStringSubmatch(text, 200) {
		s.Files = keepNewest(s.Files, strings.TrimRight(f[1], ".,:;"), keepFiles)
	}
	if m.Role == "tool" {
		s.tool(m.Text)
		return
	}
	if m.Role == "user" {
		s.Asked = keepNewest(s.Asked, firstLine(m.Text, summaryLine), keepAsked)
	}
	for _, sentence := range sentences(m.Text) {
		switch {
		case decided.MatchString(sentence):
			s.Decisions = keepNewest(s.Decisions, sentence, keepDecisions)
		case m.Role == "user":
		case wrong.MatchString(sentence) && !right.MatchString(sentence):
			s.problem(problem{Text: sentence})
		case right.MatchString(sentence):
			s.Results = keepNewest(s.Results, sentence, keepResults)
		}
	}
}

// tool reads a captured answer by its header and command; any other one by its words.
func (s *Summary) tool(text string) {
	first, rest, _ := strings.Cut(text, "\n")
	h := header.FindStringSubmatch(first)
	if h == nil {
		for _, line := range sentences(text) {
			if wrong.MatchString(line) {
				s.problem(problem{Text: line})
				return
			}
		}
		s.Results = keepNewest(s.Results, firstLine(text, summaryLine), keepResults)
		return
	}
	command, output, _ := strings.Cut(rest, "\n")
	command = strings.TrimPrefix(command, "$ ")
	s.Problems = slices.DeleteFunc(s.Problems, func(p problem) bool { return p.Command == command })
	if h[1] == "0" {
		s.Results = keepNewest(s.Results, fmt.Sprintf("%s succeeded (%s)", firstLine(command, stubText), h[2]), keepResults)
		return
	}
	what := ""
	for _, line := range sentences(output) {
		if wrong.MatchString(line) {
			what = ": " + line
			break
		}
	}
	s.problem(problem{Text: fmt.Sprintf("%s exit=%s (%s)%s", firstLine(command, stubText), h[1], h[2], what), Command: command})
}

func (s *Summary) problem(p problem) {
	s.Problems = append(slices.DeleteFunc(s.Problems, func(q problem) bool { return q.Text == p.Text }), p)
	s.Problems = s.Problems[max(0, len(s.Problems)-keepProblems):]
}

// keepNewest appends text, once, and lets the oldest go beyond most.
func keepNewest(list []string, text string, most int) []string {
	if text == "" {
		return list
	}
	list = append(slices.DeleteFunc(list, func(t string) bool { return t == text }), text)
	return list[max(0, len(list)-most):]
}

// sentences cuts a text at ends of lines and of sentences.
func sentences(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		for _, s := range strings.SplitAfter(strings.TrimSpace(line), ". ") {
			if s = strings.TrimSpace(s); s != "" && len(out) < 500 {
				out = append(out, firstLine(s, summaryLine))
			}
		}
	}
	return out
}

// text is the summary as it is read.
func (s Summary) text() string {
	if s.Messages == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "summary of %s (all of them: context messages):\n", plural(s.Messages, "message"))
	if s.Words != "" {
		b.WriteString(strings.TrimSpace(s.Words) + "\n")
	}
	list := func(what string, lines []string) {
		if len(lines) > 0 {
			fmt.Fprintf(&b, "%s:\n- %s\n", what, strings.Join(lines, "\n- "))
		}
	}
	list("decisions", s.Decisions)
	var open []string
	for _, p := range s.Problems {
		open = append(open, p.Text)
	}
	list("open problems", open)
	if len(s.Files) > 0 {
		b.WriteString("files: " + strings.Join(s.Files, " ") + "\n")
	}
	list("results", s.Results)
	list("asked", s.Asked)
	return b.String()
}
