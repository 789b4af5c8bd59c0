package output

import (
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// surefireTest is a test that failed, as surefire tells it: a line with its name, what was
// thrown, and the frames.
type surefireTest struct {
	at, end int    // its lines
	name    string // with its class, where the line tells it
	class   string // of the report that it is in
}

// surefireTests finds the failed tests. Once a text is too long, and the summary at the end
// has a line for each, what was thrown is left to its reference.
func (p *page) surefireTests() []surefireTest {
	var tests []surefireTest
	class, summed := "", 0
	for i, line := range p.lines {
		if head, of, ok := cutLast(line, " in "); ok && strings.HasPrefix(line, "[ERROR] Tests run: ") && strings.Contains(head, "<<< ") {
			class = of
		}
		if strings.HasPrefix(line, "[ERROR]   ") && !strings.Contains(line, "<args>") {
			summed++
		}
		if name, ok := surefireName(line); ok {
			tests = append(tests, surefireTest{at: i, end: p.surefireEnd(i + 1), name: name, class: class})
		}
	}
	if len(tests) == 0 || summed < len(tests) {
		return tests
	}
	p.coarsen(brief)
	if p.detail < brief {
		return tests
	}
	for _, t := range tests {
		for i := t.at; i < t.end; i++ {
			p.because(i, aside, "lines of what was thrown")
		}
	}
	return tests
}

// surefireEnd is the line behind what was thrown: its text, frames, and what caused it.
func (p *page) surefireEnd(i int) int {
	for text := 0; i < len(p.lines); i++ {
		s := strings.TrimLeft(p.lines[i], " \t")
		switch {
		case javaFrame(s), strings.HasPrefix(s, "Caused by: "), strings.HasPrefix(s, "Suppressed: "), strings.HasPrefix(s, "... "):
			text = maxThrown
		case s == "" || s[0] == '[' || text >= maxThrown:
			return i
		default:
			text++
		}
	}
	return i
}

// maxThrown is how many lines of text what was thrown may have before its frames.
const maxThrown = 12

// cutLast splits at the last sep.
func cutLast(s, sep string) (before, after string, ok bool) {
	k := strings.LastIndex(s, sep)
	if k < 0 {
		return s, "", false
	}
	return s[:k], s[k+len(sep):], true
}

// surefireName reads "[ERROR] com.example.CartTest.total -- Time elapsed: 0.01 s <<< FAILURE!" and,
// of older versions, "[ERROR] total(com.example.CartTest)  Time elapsed: ..." and "[ERROR] total  Time
// elapsed: ...": the name of the test.
func surefireName(line string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(line, "[ERROR] ")
	if !ok || !strings.HasSuffix(rest, "<<< FAILURE!") && !strings.HasSuffix(rest, "<<< ERROR!") {
		return "", false
	}
	name, _, ok = strings.Cut(rest, "Time elapsed: ")
	name = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(name, " "), "--"), " ")
	if !ok || name == "" || strings.HasPrefix(name, "Tests run:") {
		return "", false
	}
	if method, class, old := strings.Cut(name, "("); old && strings.HasSuffix(class, ")") && strings.Contains(class, ".") && !strings.Contains(method, ".") {
		name = strings.TrimSuffix(class, ")") + "." + method
	}
	if k := strings.IndexAny(name, "([{"); k > 0 {
		name = name[:k] // its parameters
	}
	return name, true
}

// mavenTests makes findings of the tests that failed, and proposes to run them alone.
func (p *page) mavenTests(tests []surefireTest) {
	var classes []string
	methods := map[string][]string{}
	for _, t := range tests {
		f := p.thrown(t)
		p.nameTest(f)
		k := strings.LastIndexByte(f.Name, '.')
		class, method := f.Name[:max(k, 0)], f.Name[k+1:]
		if class == "" || strings.ContainsAny(method, " ,") {
			continue
		}
		class = class[strings.LastIndexByte(class, '.')+1:]
		if methods[class] == nil {
			classes = append(classes, class)
		}
		if !slices.Contains(methods[class], method) {
			methods[class] = append(methods[class], method)
		}
	}
	if len(tests) == 0 {
		p.surefireTotals()
	}
	if len(classes) == 0 || len(tests) > maxRerun {
		return
	}
	for k, class := range classes {
		classes[k] = class + "#" + strings.Join(methods[class], "+")
	}
	p.next(p.mavenRun()+" test -Dtest="+shellQuote(strings.Join(classes, ","))+p.mavenModules(), theTests(len(tests)))
}

// theTests is the reason to run tests alone.
func theTests(n int) string {
	if n == 1 {
		return "run only the test that failed"
	}
	return "run only the tests that failed"
}

// thrown is the finding of a test: what was thrown, and the frame that is nearest to it.
func (p *page) thrown(t surefireTest) api.Finding {
	f := api.Finding{Kind: "test", Severity: "error", Name: t.name, Message: strings.TrimSpace(p.lines[t.at])}
	if t.at+1 < t.end {
		f.Message = strings.TrimSpace(p.lines[t.at+1])
		if next := t.at + 2; strings.HasSuffix(f.Message, ":") && next < t.end && !javaFrame(strings.TrimSpace(p.lines[next])) {
			f.Message += " " + strings.TrimSpace(p.lines[next])
		}
	}
	frame := api.Finding{}
	for i := t.at + 1; i < t.end && frame.File == ""; i++ {
		if javaFrame(strings.TrimLeft(p.lines[i], " \t")) {
			p.javaPlace(i, &frame)
		}
	}
	f.File, f.Line = frame.File, frame.Line
	if strings.Contains(t.name, ".") && !strings.Contains(t.name, " ") {
		return f
	}
	if strings.HasSuffix(frame.Name, "."+t.name) {
		f.Name = frame.Name
	} else if t.class != "" {
		f.Name = t.class + "." + t.name
	}
	return f
}

// nameTest puts the finding of a test in the place of the crash that its trace was taken for.
func (p *page) nameTest(test api.Finding) {
	for k := range p.findings {
		if f := &p.findings[k]; f.Kind == "crash" && strings.HasPrefix(test.Message, f.Message) {
			*f = test
			return
		}
	}
	p.find(test)
}

// surefireTotals is the finding of tests that failed without a word about which.
func (p *page) surefireTotals() {
	for k := len(p.lines) - 1; k >= 0; k-- {
		if strings.HasPrefix(p.lines[k], "[ERROR] Tests run: ") {
			for _, f := range p.findings {
				if f.Kind == "test" {
					return
				}
			}
			p.find(api.Finding{Kind: "test", Severity: "error", Message: p.lines[k]})
			return
		}
	}
}

// mavenRun is mvn as it was run, as far as that says where, from what and with what.
func (p *page) mavenRun() string {
	run := "mvn"
	if strings.Contains(p.in.Command, "./mvnw") {
		run = "./mvnw"
	}
	c, _ := p.cmd.call("mvn")
	for i := 0; i < len(c.args); i++ {
		switch a := c.args[i]; {
		case a == "-o" || a == "--offline" || a == "-am":
			run += " " + a
		case strings.HasPrefix(a, "-D") && !strings.HasPrefix(a, "-Dtest="), strings.HasPrefix(a, "-P") && len(a) > 2:
			name, value, set := strings.Cut(a, "=")
			run += " " + quoteWord(name)
			if set {
				run += "=" + quoteWord(value)
			}
		case i+1 < len(c.args) && (a == "-f" || a == "--file" || a == "-pl" || a == "--projects" || a == "-s" || a == "-P"):
			run += " " + a + " " + quoteWord(c.args[i+1])
			i++
		}
	}
	return run
}

// mavenModules are the words by which a test that is asked for by name may be in one module
// of several.
func (p *page) mavenModules() string {
	if !p.has("[INFO] Reactor Summary*", len(p.lines)) {
		return ""
	}
	if p.has("[INFO] ---*surefire-plugin:2.*", len(p.lines)) || p.has("[INFO] ---*surefire:2.*", len(p.lines)) {
		return " -DfailIfNoTests=false"
	}
	return " -Dsurefire.failIfNoSpecifiedTests=false"
}
