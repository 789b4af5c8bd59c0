package output

import (
	"strings"
	"unicode"

	"github.com/ai-session/ai-session/api"
)

// tsc reads the TypeScript compiler, plain and pretty.
var tsc = &reader{
	kind:  "tsc",
	tools: []string{"tsc", "vue-tsc"},
	signs: []string{"*: error TS#: *", "*- error TS#: *"},
	read: func(p *page) {
		p.npmTalk()
		p.sameMessages("build")
		p.tscQuotes()
		p.apply(tscRules)
	},
}

var tscRules = parseRules(`
	vital       Found # error*
	noise       Errors  Files
	error:build error TS#: *
`)

// sameMessages makes findings of places, and says a message that stands at several
// places once, in full, with the other places behind it.
func (p *page) sameMessages(kind string) {
	first := map[string]int{}
	others := map[int][]string{}
	told := map[place]bool{}
	for i, line := range p.lines {
		if p.fates[i] != open {
			continue
		}
		d, ok := parseDiagnostic(line)
		if !ok || d.severity == "note" {
			continue
		}
		d.message = withoutProject(d.message)
		if told[d] { // a summary says it again
			p.fates[i] = retold
			continue
		}
		told[d] = true
		p.fates[i] = p.foundAt(kind, d)
		key := d.file + d.code + d.message
		if at, again := first[key]; again && d.message != "" {
			p.fates[i] = retold
			others[at] = append(others[at], placeText(line))
			continue
		}
		first[key] = i
	}
	for at, places := range others {
		p.note(at+1, "  also at "+strings.Join(places, " "))
	}
}

// placeText is the place that a diagnostic begins with, as it is written there.
func placeText(line string) string {
	s := strings.TrimSpace(line)
	for _, end := range []string{": error", ": warning", " - error", " - warning", ": "} {
		if at, _, ok := strings.Cut(s, end); ok {
			return at
		}
	}
	return s
}

// tscQuotes leaves out "74 ): text {" and the mark below it.
func (p *page) tscQuotes() {
	for i := 1; i < len(p.lines); i++ {
		s := strings.TrimSpace(p.lines[i])
		if p.fates[i] != open || s == "" || strings.Trim(s, "~") != "" {
			continue
		}
		p.because(i, aside, "quoted lines")
		if above := p.lines[i-1]; p.fates[i-1] == open && pattern("~# *").match(above) || pattern("~#").match(above) {
			p.because(i-1, aside, "quoted lines")
		}
	}
}

// eslint reads the stylish format: a file, and its problems below.
var eslint = &reader{
	kind:  "eslint",
	tools: []string{"eslint", "xo", "stylelint", "oxlint", "yamllint"},
	signs: []string{"✖ # problem* (# error*, # warning*)", "~#:#  ~error  *", "~#:#  ~warning  *"},
	read:  readEslint,
}

// shownOfRule is how many problems of one rule in one file are shown as they are. The
// lines of the others are listed.
const shownOfRule = 10

func readEslint(p *page) {
	p.npmTalk()
	file, said := "", map[string]int{}
	more := map[string][]string{}
	last := map[string]int{}
	var order []string
	for i, line := range p.lines {
		pr, ok := eslintProblem(line)
		switch {
		case p.fates[i] != open:
		case ok:
			p.find(api.Finding{Kind: "lint", Severity: pr.severity, File: file, Line: pr.line, Col: pr.col, Name: pr.code, Message: pr.message})
			key := file + "\x00" + pr.code
			said[key]++
			p.fates[i] = retold
			if said[key] <= shownOfRule && p.detail == full || said[key] <= 2 {
				p.note(i, eslintText(line, pr, said[key] == 1))
				last[key] = i
				p.coarsen(p.detail + 1)
				continue
			}
			if more[key] == nil {
				order = append(order, key)
			}
			more[key] = append(more[key], itoa(pr.line))
		case blank(line):
		case indent(line) == 0 && strings.ContainsAny(line, "/\\.") && p.eslintBelow(i):
			file = line
			p.fates[i] = vital
		case pattern("✖ # problem*").match(line):
			p.fates[i] = vital
		case strings.Contains(line, "potentially fixable with"):
			p.fates[i] = retold
			count, _, _ := strings.Cut(strings.TrimSpace(line), " potentially")
			if fix := p.lintFix(); fix != "" {
				p.next(fix, count+" can be mended so")
			}
		}
	}
	for _, key := range order {
		_, rule, _ := strings.Cut(key, "\x00")
		p.note(last[key]+1, " more "+rule+" in lines "+strings.Join(more[key], " "))
	}
}

// lintFix is the command that was run, told to mend what it can; empty if the linter was
// run by another program.
func (p *page) lintFix() string {
	for _, c := range p.cmd.shown() {
		switch {
		case c.name == "eslint" && len(c.plain()) == 0:
			return "npx eslint --fix ."
		case c.name == "eslint" || c.name == "stylelint" || c.name == "xo" || c.name == "standard":
			words := []string{"npx", c.name, "--fix"}
			for _, a := range c.plain() {
				words = append(words, quoteWord(a))
			}
			return strings.Join(words, " ")
		case c.name == "npm" || c.name == "yarn" || c.name == "pnpm":
			return "npx eslint --fix ."
		}
	}
	return ""
}

func (p *page) eslintBelow(i int) bool {
	if i+1 >= len(p.lines) {
		return false
	}
	_, ok := eslintProblem(p.lines[i+1])
	return ok
}

// eslintText is a problem without the columns' blanks around; the rule is named once.
func eslintText(line string, pr place, first bool) string {
	s := strings.TrimSpace(line)
	if !first {
		s = strings.TrimRight(strings.TrimSuffix(s, pr.code), " ")
	}
	return s
}

// eslintProblem reads "  8:14  error  Trailing spaces not allowed  no-trailing-spaces".
func eslintProblem(line string) (place, bool) {
	if indent(line) < 1 {
		return place{}, false
	}
	s := strings.TrimLeft(line, " ")
	var pr place
	pr.line, s = number(s)
	if pr.line == 0 || !strings.HasPrefix(s, ":") {
		return place{}, false
	}
	pr.col, s = number(s[1:])
	s = strings.TrimLeft(s, " ")
	for _, as := range []struct{ word, severity string }{{"error ", "error"}, {"warning ", "warning"}, {"✖ ", "error"}, {"⚠ ", "warning"}} {
		rest, ok := strings.CutPrefix(s, as.word)
		if !ok {
			continue
		}
		pr.severity = as.severity
		pr.message = strings.TrimSpace(rest)
		if i := strings.LastIndex(pr.message, "  "); i >= 0 {
			pr.code = strings.Trim(pr.message[i:], " ()") // yamllint has them in parentheses
			pr.message = strings.TrimSpace(pr.message[:i])
		}
		return pr, true
	}
	return place{}, false
}

// shellcheck reads its terminal format.
var shellcheck = &reader{
	kind:  "shellcheck",
	tools: []string{"shellcheck"},
	signs: []string{"~^-* SC# (*): *"},
	read:  readShellcheck,
}

// readShellcheck says each message once, with its code, and then by its code alone.
// The places and the codes at them stay; quotes, marks and proposals do not.
func readShellcheck(p *page) {
	said := map[string]bool{}
	file, n := "", 0
	source, head := "", -1 // the line that is quoted, between the head of a place and its first message
	proposal := false
	place := -1 // the note of the place that is read
	for i, line := range p.lines {
		if p.fates[i] != open {
			continue
		}
		code, severity, message, ok := shellcheckMessage(line)
		switch {
		case pattern("In * line #:").match(line):
			file, n = shellcheckPlace(line)
			p.fates[i] = retold
			p.note(i, line)
			place = len(p.notes) - 1
			proposal, head = false, i
		case ok:
			if head >= 0 && head == i-2 && p.fates[i-1] == open && !complaint(p.lines[i-1]) {
				source = p.lines[i-1]
				p.because(i-1, aside, "quoted lines")
			}
			p.find(api.Finding{Kind: "lint", Severity: severity, File: file, Line: n, Name: code, Message: message})
			p.fates[i] = retold
			if said[code] && place >= 0 {
				p.notes[place].text += " " + code
			} else {
				said[code] = true
				p.note(i, " "+code+" ("+severity+"): "+message)
			}
		case line == "Did you mean:":
			proposal = true
			p.fates[i] = noise
		case strings.HasPrefix(line, "For more information:"), strings.HasPrefix(line, "  https://www.shellcheck.net/wiki/"):
			proposal = false
			p.fates[i] = noise
		case blank(line):
			proposal = false
		case proposal && resembles(line, source) && !complaint(line):
			p.because(i, aside, "proposed lines")
		}
	}
	if len(p.findings) > 0 {
		p.next("shellcheck -f diff "+quoteWord(file)+" | git apply", "mends what can be mended without judgement")
	}
}

// resembles says that half of the names in source are in a line.
func resembles(line, source string) bool {
	names, same := 0, 0
	for name := range strings.FieldsFuncSeq(source, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) }) {
		names++
		if strings.Contains(line, name) {
			same++
		}
	}
	return 2*same >= names
}

func shellcheckPlace(line string) (string, int) {
	s := strings.TrimSuffix(strings.TrimPrefix(line, "In "), ":")
	i := strings.LastIndex(s, " line ")
	n, _ := number(s[i+len(" line "):])
	return s[:i], n
}

// shellcheckMessage reads "   ^-- SC2086 (info): Double quote to prevent ...".
func shellcheckMessage(line string) (code, severity, message string, ok bool) {
	s := strings.TrimLeft(line, " ")
	if !strings.HasPrefix(s, "^") {
		return
	}
	_, s, ok = strings.Cut(s, " SC")
	if !ok {
		return
	}
	code, s, ok = strings.Cut(s, " (")
	if !ok {
		return
	}
	severity, message, ok = strings.Cut(s, "): ")
	if severity == "style" || severity == "info" {
		severity = "info"
	}
	return "SC" + code, severity, message, ok
}

// linters reads those that name a place a line: pylint, flake8, ruff, mypy, yamllint
// and others.
var linters = &reader{
	kind:  "lint",
	tools: []string{"pylint", "flake8", "ruff", "mypy", "pyright", "standard", "hadolint", "markdownlint", "rubocop", "golint", "phpstan", "pycodestyle", "bandit", "codespell"},
	signs: []string{"*: error: *  [*]", "Found # error* in # file*", "*.py:#:#: E# *", "*.py:#:#: F# *"},
	read: func(p *page) {
		p.ruffBlocks()
		p.markedQuotes()
		p.apply(linterRules)
		p.sameMessagesAnyPlace()
		p.ruffFix()
		p.copFix()
	},
}

// markedQuotes leaves out the source line below a message, where marks below it tell that
// it is one.
func (p *page) markedQuotes() {
	for i := 2; i < len(p.lines); i++ {
		if s := strings.TrimSpace(p.lines[i]); s == "" || s[0] != '^' || strings.Trim(s, "^~ .{}") != "" || p.fates[i] != open {
			continue
		}
		p.because(i, aside, "quoted lines")
		_, placed := parsePlace(p.lines[i-2])
		if !placed && i > 2 && indent(p.lines[i-2]) == 0 && indent(p.lines[i-1]) >= 4 { // mypy breaks a long message, and indents source
			_, placed = parsePlace(p.lines[i-3])
		}
		if placed && p.fates[i-1] == open && !complaint(p.lines[i-1]) {
			p.because(i-1, aside, "quoted lines")
		}
	}
}

var linterRules = parseRules(`
	noise          \*\*\*\*\*\*\*\*\*\*\*\*\* Module *
	noise          ~---------*
	noise          Inspecting # file*
	noise          Offenses:
	vital          # file* inspected, *
	vital          Your code has been rated *
	vital          Found # error*
	vital          All checks passed!
	vital          Success: no issues found *
	vital          [*] # fixable *
	aside:notes    *: note: *
`)

// sameMessagesAnyPlace takes every line with a place for a finding. The severity is
// that of the code's first letter where the line names none.
func (p *page) sameMessagesAnyPlace() {
	said := map[string]int{}
	most := []int{shownOfRule, 3, 1, 1}[p.detail]
	p.each(func(i int, line string) fate {
		d, ok := parseDiagnostic(line)
		if !ok {
			if d, ok = parsePlace(line); !ok || d.message == "" {
				return open
			}
			d.code, d.message, d.severity = codeFirst(d.message)
		}
		p.foundAt("lint", d)
		if d.severity == "error" {
			return vital
		}
		if said[d.code]++; said[d.code] > 1 && d.code != "" {
			p.coarsen(p.detail + 1)
			if said[d.code] > most {
				p.whys[i] = p.reason("more of " + d.code)
				return aside
			}
		}
		return kept
	})
}

// codeFirst splits "E501 line too long" and "C0114: Missing module docstring (name)".
func codeFirst(message string) (code, text, severity string) {
	if code, text, severity, ok := copOf(message); ok {
		return code, text, severity
	}
	code, text, _ = strings.Cut(message, " ")
	code = strings.TrimSuffix(code, ":")
	severity = "warning"
	switch {
	case len(code) < 2 || !isDigit(code[len(code)-1]) || !isLetter(code[0]):
		return "", message, severity
	case code[0] == 'E' || code[0] == 'F':
		severity = "error"
	}
	return code, text, severity
}

// copOf splits "W: [Correctable] Lint/UselessAssignment: Useless assignment to variable - e.",
// as rubocop writes it.
func copOf(message string) (code, text, severity string, ok bool) {
	letter, rest, ok := strings.Cut(message, ": ")
	if !ok || len(letter) != 1 {
		return "", "", "", false
	}
	severity, ok = map[string]string{"C": "warning", "R": "warning", "W": "warning", "I": "info", "E": "error", "F": "error"}[letter]
	code, text, named := strings.Cut(strings.TrimPrefix(rest, "[Correctable] "), ": ")
	if strings.Contains(code, " ") || !named {
		code, text = "", rest
	}
	return code, text, severity, ok
}

// copFix proposes to let rubocop mend what it can.
func (p *page) copFix() {
	for i := len(p.lines) - 1; i >= 0 && i >= len(p.lines)-6; i-- {
		if _, rest, ok := strings.Cut(p.lines[i], " detected, "); ok && pattern("# offense* autocorrectable").match(rest) {
			p.next("rubocop -a", strings.TrimSuffix(rest, " autocorrectable")+" can be mended so")
		}
	}
}
