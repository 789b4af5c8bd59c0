package output

import (
	"path"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// nextSteps are the commands that the readers propose, and those that follow from the
// words of the findings whatever the tool.
func (p *page) nextSteps() []api.Next {
	if line, ok := p.lineAsWord(); ok {
		return []api.Next{{Command: line, Reason: "it was given as one word, the name of a program; so it is a line for the shell"}}
	}
	for _, f := range p.findings {
		if f.Severity == "error" {
			p.stepFor(f.Message)
		}
	}
	if p.steps == nil {
		return []api.Next{}
	}
	return p.steps
}

// lineAsWord is the line that was given as a single word, as in `exec s -- "cd a && make"`,
// and so was not found.
func (p *page) lineAsWord() (string, bool) {
	text := p.in.Command
	if p.in.Exit == nil || *p.in.Exit != 127 || len(text) < 2 {
		return "", false
	}
	line := strings.ReplaceAll(text[1:len(text)-1], `'\''`, "'")
	return line, strings.Contains(line, " ") && shellQuote(line) == text
}

func (p *page) stepFor(message string) {
	lower := strings.ToLower(message)
	switch {
	case strings.Contains(lower, "address already in use"), strings.Contains(lower, "eaddrinuse"), strings.Contains(lower, "port is already allocated"):
		if port := portIn(message); port != "" {
			p.next("ss -ltnp 'sport = :"+port+"'", "names the process that holds the port")
		}
	case strings.Contains(lower, "no space left"):
		p.next("df -h .", "the disk is full")
	case strings.Contains(lower, "connection refused"), strings.Contains(lower, "econnrefused"), strings.Contains(lower, "couldn't connect to server"):
		if port := portIn(message); port != "" && !elsewhere(lower) {
			p.next("ss -ltn 'sport = :"+port+"'", "nobody answered: shows whether something listens")
		}
	case strings.Contains(message, "there is no package called"):
		if name := strings.Trim(message[strings.LastIndexByte(message, ' ')+1:], "‘’'\""); name != "" && !strings.ContainsAny(name, "'\"()") {
			p.next("Rscript -e "+shellQuote("install.packages(\""+name+"\")"), "the package is not installed")
		}
	case strings.HasSuffix(lower, "command not found"):
		name := strings.TrimSuffix(message, ": command not found")
		name = name[strings.LastIndexByte(name, ' ')+1:]
		p.next(findProgram(name), "no such program is installed")
	}
}

// findProgram is the command that gets a program that is not there: from the packages of its
// language where it comes as one, and else from those of the system.
func findProgram(name string) string {
	switch name {
	case "yarn", "pnpm", "tsc", "eslint", "prettier", "jest", "vitest", "mocha", "vite", "webpack", "rollup", "esbuild", "stylelint", "playwright":
		if name == "tsc" {
			name = "typescript"
		}
		return "npm install --global " + name
	case "pytest", "mypy", "ruff", "black", "flake8", "pylint", "isort", "tox", "poetry", "pre-commit", "coverage":
		return "python3 -m pip install " + name
	}
	return "apt-cache search " + quoteWord(name)
}

// elsewhere says that a message names a host that is not this one.
func elsewhere(message string) bool {
	for _, local := range []string{"localhost", "127.0.0.1", "::1", "0.0.0.0"} {
		if strings.Contains(message, local) {
			return false
		}
	}
	for _, before := range []string{"connect to ", "host ", "dial tcp ", "connecting to ", "econnrefused ", "http://", "https://"} {
		_, rest, ok := strings.Cut(message, before)
		if ok && rest != "" && (isLetter(rest[0]) || isDigit(rest[0])) {
			name, _, _ := strings.Cut(rest, " ")
			if strings.Contains(name, ".") {
				return true
			}
		}
	}
	return false
}

// namesFile says that a text ends in the name of a file of source: what is behind its colon
// is a line.
func namesFile(text string) bool {
	text = text[strings.LastIndexAny(text, " \t\"'(=:[")+1:]
	if strings.Contains(strings.TrimPrefix(text, "//"), "/") {
		return true
	}
	switch path.Ext(text) {
	case ".go", ".c", ".cc", ".cpp", ".h", ".rs", ".py", ".js", ".ts", ".mjs", ".cjs", ".tsx", ".java", ".kt", ".rb", ".php", ".cs":
		return true
	}
	return false
}

// portIn is the last number in a text that stands behind a colon or the word port.
func portIn(text string) string {
	port := ""
	for i := 0; i < len(text); i++ {
		if !isDigit(text[i]) || i > 0 && (isDigit(text[i-1]) || text[i-1] == '.') {
			continue
		}
		j := i
		for j < len(text) && isDigit(text[j]) {
			j++
		}
		if j-i >= 2 && j-i <= 5 && (i > 0 && text[i-1] == ':' && !namesFile(text[:i-1]) || strings.HasSuffix(text[:i], "port ")) {
			port = text[i:j]
		}
		i = j
	}
	return port
}
