package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// ginkgo reads suites of Ginkgo, whether ginkgo or go test runs them.
var ginkgo = &reader{
	kind:   "ginkgo",
	tools:  []string{"ginkgo"},
	signs:  []string{"Ran # of # Specs in # seconds", "Summarizing # Failure*:"},
	target: failuresTarget,
	read: func(p *page) {
		p.ginkgoSpecs()
		p.dotted("•SP")
		p.apply(ginkgoRules)
	},
}

var ginkgoRules = parseRules(`
	noise    ------------------------------
	noise    ~=====*
	noise    Random Seed: #*
	keep     Running Suite: *
	noise    Will run # of # specs*
	noise    Running in parallel across *
	vital    Ran # of # Specs in *
	vital    FAIL! -- *
	vital    SUCCESS! -- *
	retold   Summarizing # Failure*:
	retold   ~[FAIL] *
	retold   ~[PANICKED!] *
	retold   --- FAIL: * (#s)
	noise    Ginkgo ran # suite* in *
	noise    Test Suite Failed
`)

// ginkgoSpecs reads what stands between two rules: a spec that failed, was left out, or passed
// and is told because all are. Behind "Summarizing" the failures stand again.
func (p *page) ginkgoSpecs() {
	from := 0
	for i := 0; i <= len(p.lines); i++ {
		end := i == len(p.lines) || pattern("Summarizing # Failure*:").match(p.lines[i])
		if !end && (p.lines[i] == "" || strings.Trim(p.lines[i], "-") != "" || len(p.lines[i]) < 10) {
			continue
		}
		p.ginkgoSpec(from, i)
		from = i + 1
		if end {
			break
		}
	}
	for i := from; i+1 < len(p.lines); i++ { // the place below a failure that is told again
		if p.fates[i] == open && pattern("~[*] *").match(p.lines[i]) && indent(p.lines[i]) == 2 {
			if d, ok := parsePlace(p.lines[i+1]); ok && d.message == "" && p.fates[i+1] == open {
				p.fates[i+1] = retold
			}
		}
	}
}

func (p *page) ginkgoSpec(from, to int) {
	for i := from; i+1 < to; i++ {
		line := p.lines[i]
		switch {
		case p.fates[i] != open || !strings.HasPrefix(line, "• [") && !strings.HasPrefix(line, "S [") && !strings.HasPrefix(line, "P ["):
			continue
		case strings.HasPrefix(line, "• [FAILED]"), strings.HasPrefix(line, "• [PANICKED]"), strings.HasPrefix(line, "• [TIMEDOUT]"), strings.HasPrefix(line, "• [INTERRUPTED]"):
			p.ginkgoFailure(i, to)
		case line[0] == 'S' || line[0] == 'P':
			d, placed := parsePlace(p.lines[min(i+2, to-1)])
			if !placed || d.message != "" || complaint(p.lines[i+1]) {
				return // another program wrote into it
			}
			for j := i; j <= i+2; j++ {
				p.because(j, aside, "lines of specs that did not run")
			}
		}
		return
	}
	if to > from && pattern("• [# seconds]").match(p.lines[to-1]) {
		for j := from; j < to; j++ {
			if p.fates[j] == open && alarm(p.lines[j]) == calm {
				p.because(j, aside, "lines of passing specs")
			}
		}
	}
}

// ginkgoFailure reads the name and the place below the head, and the message below them.
func (p *page) ginkgoFailure(head, to int) {
	f := api.Finding{Kind: "test", Severity: "error", Name: p.lines[head+1]}
	for _, node := range []string{"[It] ", "[BeforeEach] ", "[AfterEach] ", "[BeforeAll] ", "[JustBeforeEach] "} {
		f.Name = strings.Replace(f.Name, node, "", 1)
	}
	f.Message = f.Name + " failed"
	p.showVital(head)
	p.showVital(head + 1)
	for i := head + 2; i < to; i++ {
		s := strings.TrimSpace(p.lines[i])
		d, placed := parsePlace(s)
		_, said, marked := strings.Cut(s, "] ")
		switch {
		case placed && d.message == "" && f.File == "":
			f.File, f.Line = d.file, d.line
			p.fates[i] = vital
		case marked && s[0] == '[' && f.Message == f.Name+" failed":
			f.Message = said
			p.fates[i] = vital
		case f.Message == "Test Panicked" && s != "" && !strings.HasPrefix(s, "In ["):
			f.Message = s
			p.fates[i] = vital
		}
	}
	p.find(f)
	if c, ok := p.cmd.call("ginkgo"); ok && c.name == "ginkgo" {
		p.next("ginkgo run --focus "+shellQuote(f.Name), "run only the spec that failed")
	} else {
		p.next("go test ./... -ginkgo.focus "+shellQuote(f.Name), "run only the spec that failed")
	}
}
