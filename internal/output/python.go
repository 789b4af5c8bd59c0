package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// python reads tracebacks, wherever they stand.
var python = &reader{
	kind:  "python",
	tools: []string{"python"},
	signs: []string{"~Traceback (most recent call last):", "~+ Exception Group Traceback *", "*: No module named *"},
	read: func(p *page) {
		p.pythonTraces()
		p.pythonModules()
	},
}

// pythonModules reads what python -m says of a module that is not there: "/usr/bin/python3:
// No module named pytest".
func (p *page) pythonModules() {
	p.each(func(i int, line string) fate {
		program, rest, ok := strings.Cut(line, ": ")
		if !ok || !strings.HasPrefix(rest, "No module named ") || !strings.Contains(program[strings.LastIndexByte(program, '/')+1:], "python") {
			return open
		}
		if module, ok := missingModule(rest); ok && !strings.Contains(module, " ") {
			p.find(api.Finding{Kind: "missing", Severity: "error", Name: module, Message: line})
			p.next(quoteWord(program)+" -m pip install "+quoteWord(module), "the module that is run is not installed")
			return vital
		}
		return open
	})
}

// pythonTraces reads "Traceback", its frames of two or three lines each, and the
// error at their depth that ends it.
func (p *page) pythonTraces() {
	for i := 0; i < len(p.lines); i++ {
		switch {
		case p.fates[i] != open:
		case strings.HasSuffix(p.lines[i], "Traceback (most recent call last):"):
			i = p.pythonTrace(i) - 1
		case strings.HasPrefix(p.lines[i], "  File \""):
			p.pythonSyntax(i)
		}
	}
}

func (p *page) pythonTrace(head int) (end int) {
	p.fates[head] = kept
	depth := strings.Index(p.lines[head], "Traceback")
	f := api.Finding{Kind: "crash", Severity: "error"}
	fr := p.frames(0)
	i := head + 1
	for i < len(p.lines) {
		line := p.lines[i]
		if !strings.HasPrefix(strings.TrimLeft(line, " |"), "File \"") {
			break
		}
		j := i + 1
		for j < len(p.lines) && indent(p.lines[j]) > indent(line) {
			j++
		}
		where := strings.TrimLeft(line, " |")
		fr.frame(i, j, where)
		for k := i + 1; k < j; k++ {
			if s := strings.TrimSpace(p.lines[k]); strings.Trim(s, "^~ ") == "" {
				p.fates[k] = noise
			}
		}
		if file, n, name := pythonPlace(where); !fromLibrary(where) {
			f.File, f.Line, f.Name = file, n, name
		}
		i = j
	}
	for ; i < len(p.lines) && !blank(p.lines[i]) && strings.HasPrefix(strings.TrimSpace(p.lines[i]), "[Previous line"); i++ {
		p.fates[i] = kept
	}
	if i < len(p.lines) && indent(p.lines[i]) >= depth && !blank(p.lines[i]) {
		p.fates[i] = vital
		f.Message = strings.TrimSpace(p.lines[i])
		i++
	}
	p.find(f)
	if module, ok := missingModule(f.Message); ok {
		p.next("pip install "+quoteWord(module), "the module that is imported is not installed")
	}
	if f.File != "" {
		p.openPlace(f.File, f.Line)
	}
	return i
}

// pythonSyntax reads a syntax error, which comes without a traceback.
func (p *page) pythonSyntax(head int) {
	for i := head + 1; i < len(p.lines) && i < head+6; i++ {
		name, _, ok := strings.Cut(p.lines[i], ": ")
		if !ok || indent(p.lines[i]) > 0 || !strings.HasSuffix(name, "Error") {
			continue
		}
		file, n, _ := pythonPlace(strings.TrimSpace(p.lines[head]))
		p.mark(head, i, kept)
		p.fates[i] = vital
		p.find(api.Finding{Kind: "crash", Severity: "error", File: file, Line: n, Message: p.lines[i]})
		p.openPlace(file, n)
		return
	}
}

func pythonPlace(where string) (file string, line int, name string) {
	rest := strings.TrimPrefix(where, "File \"")
	file, rest, _ = strings.Cut(rest, "\", line ")
	line, rest = number(rest)
	return file, line, strings.TrimPrefix(rest, ", in ")
}

func missingModule(message string) (string, bool) {
	_, rest, ok := strings.Cut(message, "No module named ")
	if !ok || rest == "" {
		return "", false
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(rest, "'"), "'")
	name, _, _ = strings.Cut(name, ".")
	return name, true
}

// unittest reads the standard library's test runner.
var unittest = &reader{
	kind:  "unittest",
	tools: []string{"unittest", "python manage.py test", "nosetests"},
	signs: []string{"Ran # test* in #s", "FAILED (failures=#*", "FAILED (errors=#*"},
	read: func(p *page) {
		p.pythonTraces()
		p.unittestNames()
		p.apply(unittestRules)
	},
}

// unittestNames gives the errors that tracebacks told the names of their tests.
func (p *page) unittestNames() {
	for i, line := range p.lines {
		rest, ok := strings.CutPrefix(line, "FAIL: ")
		if !ok {
			rest, ok = strings.CutPrefix(line, "ERROR: ")
		}
		if !ok || p.fates[i] != open {
			continue
		}
		p.fates[i] = vital
		short, full := testName(rest)
		told := false
		for k := range p.findings {
			if f := &p.findings[k]; f.Kind == "crash" && f.Name == short {
				f.Kind, f.Name, told = "test", full, true
				break
			}
		}
		if !told {
			p.find(api.Finding{Kind: "test", Severity: "error", Name: full, Message: line})
		}
		p.next(p.unittestRun(full), "run only the test that failed")
	}
}

// testName reads "test_b (pkg.T.test_b) (i=3)": the name of a test, and where it is, of
// older versions without the name; behind that the part of the test.
func testName(rest string) (short, full string) {
	short, full, _ = strings.Cut(rest, " (")
	full, _, _ = strings.Cut(full, ")")
	if !strings.HasSuffix(full, "."+short) {
		full += "." + short
	}
	return short, full
}

// unittestRun is the command that runs one test, as the tests were run.
func (p *page) unittestRun(full string) string {
	name, isMain := strings.CutPrefix(full, "__main__.")
	for _, c := range p.cmd.shown() {
		switch plain := c.plain(); {
		case isMain && c.name == "python" && len(plain) > 0 && strings.HasSuffix(plain[0], ".py"):
			return "python3 " + quoteWord(plain[0]) + " " + quoteWord(name)
		case c.name == "python" && len(plain) > 1 && strings.HasSuffix(plain[0], "manage.py") && plain[1] == "test":
			return "python3 " + quoteWord(plain[0]) + " test " + quoteWord(full)
		}
	}
	return "python3 -m unittest " + quoteWord(full)
}

var unittestRules = parseRules(`
	aside:passing_tests  test* (*) ... ok
	aside:passing_tests  * ... ok
	aside:skipped_tests  * ... skipped *
	retold               * ... FAIL
	retold               * ... ERROR
	noise                =====*
	noise                -----*
	vital                Ran # test* in #s
	vital                FAILED (*
	vital                OK
	vital                OK (*
`)

// pip reads installs of Python packages.
var pip = &reader{
	kind:  "pip",
	tools: []string{"pip", "uv", "poetry", "pipx", "conda", "mamba"},
	signs: []string{"Collecting *", "Requirement already satisfied: *", "Successfully installed *"},
	rules: parseRules(`
		aside:packages_already_there  Requirement already satisfied: *
		aside:steps                   Collecting *
		aside:steps                   ~Using cached *
		aside:steps                   ~Downloading *
		aside:steps                   ~Obtaining *
		aside:steps                   ~Preparing metadata *
		aside:steps                   ~Installing build dependencies *
		aside:steps                   ~Getting requirements to build *
		aside:steps                   ~Building wheel* for *
		aside:steps                   ~Created wheel for *
		aside:steps                   ~Stored in directory: *
		aside:steps                   Building wheels for *
		aside:steps                   Installing collected packages: *
		aside:steps                   ~Attempting uninstall: *
		aside:steps                   ~Found existing installation: *
		aside:steps                   ~Uninstalling *
		aside:steps                   ~Successfully uninstalled *
		aside:steps                   Looking in indexes: *
		noise                         ~━*
		aside:retries                 WARNING: Retrying (*
		noise                         [notice] *
		noise                         WARNING: Running pip as the 'root' user *
		vital                         Successfully installed *
		vital                         Successfully built *
		error:missing                 ERROR: No matching distribution *
		error:missing                 ERROR: Could not find a version *
		error:refused                 error: externally-managed-environment
		error:refused                 ERROR: *
		error:refused                 error: *
	`),
}
