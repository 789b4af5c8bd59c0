package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// mavenTests makes findings of the tests that surefire says failed, with the exception on
// the line below, and proposes to run them alone.
func (p *page) mavenTests() {
	for i, line := range p.lines {
		full, ok := surefireTest(line)
		if !ok {
			continue
		}
		message := ""
		if i+1 < len(p.lines) {
			message = strings.TrimSpace(p.lines[i+1])
		}
		p.nameTest(full, message, line)
		class, method := "", full
		if k := strings.LastIndexByte(full, '.'); k > 0 {
			class, method = full[:k], full[k+1:]
		}
		class = class[strings.LastIndexByte(class, '.')+1:]
		p.next(p.mavenRun()+" test -Dtest="+shellQuote(class+"#"+method), "run only the test that failed")
	}
}

// nameTest gives the crash with that message the name of the test that it failed, or makes a
// finding of its own.
func (p *page) nameTest(full, message, line string) {
	for k := range p.findings {
		if f := &p.findings[k]; f.Kind == "crash" && f.Message == message {
			f.Kind, f.Name = "test", full
			return
		}
	}
	if message == "" {
		message = line
	}
	p.find(api.Finding{Kind: "test", Severity: "error", Name: full, Message: message})
}

// surefireTest reads "[ERROR] com.example.CartTest.total -- Time elapsed: 0.01 s <<< FAILURE!" and,
// of older versions, "[ERROR] total(com.example.CartTest)  Time elapsed: ...": the name of the test.
func surefireTest(line string) (full string, ok bool) {
	rest, ok := strings.CutPrefix(line, "[ERROR] ")
	if !ok || !strings.HasSuffix(rest, "<<< FAILURE!") && !strings.HasSuffix(rest, "<<< ERROR!") {
		return "", false
	}
	name, _, ok := strings.Cut(rest, "Time elapsed: ")
	name = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(name, " "), "--"), " ")
	if !ok || name == "" || strings.Contains(name, " ") {
		return "", false
	}
	if method, class, old := strings.Cut(name, "("); old && strings.HasSuffix(class, ")") && strings.Contains(class, ".") && !strings.Contains(method, ".") {
		name = strings.TrimSuffix(class, ")") + "." + method
	}
	if k := strings.IndexAny(name, "(["); k > 0 {
		name = name[:k] // its parameters
	}
	return name, true
}

// mavenRun is mvn with the project that it was run for.
func (p *page) mavenRun() string {
	run := "mvn"
	c, _ := p.cmd.call("mvn")
	for _, flags := range [][]string{{"-f", "--file"}, {"-pl", "--projects"}} {
		if v := c.value(flags...); v != "" {
			run += " " + flags[0] + " " + quoteWord(v)
		}
	}
	return run
}

// gradleTests proposes to run "CartTest > total() FAILED" alone.
func (p *page) gradleTests() {
	run := "gradle"
	if strings.Contains(p.in.Command, "./gradlew") {
		run = "./gradlew"
	}
	for k := range p.findings {
		f := &p.findings[k]
		name, ok := strings.CutSuffix(f.Message, " FAILED")
		class, method, two := strings.Cut(name, " > ")
		if !ok || !two || f.Kind != "test" || strings.ContainsAny(class, " :") {
			continue
		}
		method, _, _ = strings.Cut(method, "(")
		f.Name = class + "." + method
		p.next(run+" test --tests "+shellQuote("*"+f.Name), "run only the test that failed")
	}
}

// dotnetTests makes findings of "  Failed Namespace.Class.Test [4 ms]": the message stands two
// lines below, the place in the stack trace behind it.
func (p *page) dotnetTests() {
	for i, line := range p.lines {
		rest, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "Failed ")
		k := strings.LastIndex(rest, " [")
		if !ok || k < 0 || !strings.HasSuffix(rest, "]") || p.fates[i] != open {
			continue
		}
		f := api.Finding{Kind: "test", Severity: "error", Name: rest[:k], Message: strings.TrimSpace(line)}
		for j := i + 1; j < len(p.lines) && j < i+maxMessage+12; j++ {
			s := strings.TrimSpace(p.lines[j])
			if strings.HasPrefix(s, "Failed ") || strings.HasPrefix(s, "Passed ") || strings.HasPrefix(s, "Skipped ") {
				break
			}
			if s == "Error Message:" && j+1 < len(p.lines) {
				f.Message = strings.TrimSpace(p.lines[j+1])
			}
			if _, at, ok := strings.Cut(s, ") in "); ok && f.File == "" {
				file, n, _ := strings.Cut(at, ":line ")
				f.File = file
				f.Line, _ = number(n)
			}
		}
		p.find(f)
		name, _, _ := strings.Cut(f.Name, "(")
		p.next("dotnet test --filter "+shellQuote("FullyQualifiedName~"+name), "run only the test that failed")
	}
	if len(p.findings) > 0 {
		return
	}
	for _, line := range p.lines {
		if strings.HasPrefix(line, "Failed!  - ") {
			p.find(api.Finding{Kind: "test", Severity: "error", Message: line})
		}
	}
}
