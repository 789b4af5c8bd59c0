package output

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// ansible reads playbooks: what was well is counted, what a task said or how it failed is
// shown below the name of the task.
var ansible = &reader{
	kind:   "ansible",
	tools:  []string{"ansible-playbook", "ansible", "ansible-pull"},
	signs:  []string{"PLAY RECAP \\*\\*\\**", "TASK [*] \\*\\*\\**"},
	read:   readAnsible,
	target: failuresTarget,
}

var ansibleRules = parseRules(`
	aside:results   ok: [*]
	aside:results   ok: [*] => (item=*)
	aside:results   changed: [*]
	aside:results   changed: [*] => (item=*)
	aside:results   included: * for *
	aside:skipped_results  skipping: [*]
	aside:skipped_results  skipping: [*] => *
	noise           skipping: no hosts matched
	keep            ...ignoring
	vital           *: ok=# ~changed=# *
	vital           ERROR! *
`)

func readAnsible(p *page) {
	p.ansibleErrors()
	p.ansibleFailures()
	p.apply(ansibleRules)
	p.ansibleTasks()
}

// ansibleErrors reads "The error appears to be in 'site.yml': line 3, column 6".
func (p *page) ansibleErrors() {
	message := ""
	for i, line := range p.lines {
		if rest, ok := strings.CutPrefix(line, "ERROR! "); ok {
			message = rest
			p.fates[i] = vital
		}
		_, rest, ok := strings.Cut(line, "error appears to be in '")
		file, at, placed := strings.Cut(rest, "': line ")
		if !ok || !placed {
			continue
		}
		f := api.Finding{Kind: "error", Severity: "error", File: file, Message: message}
		f.Line, at = number(at)
		f.Col, _ = number(strings.TrimPrefix(at, ", column "))
		if message == "" {
			f.Message = line
		}
		p.fates[i] = kept
		p.find(f)
		p.openPlace(f.File, f.Line)
	}
}

// ansibleResult is what a task has to say of a host in the form of JSON.
type ansibleResult struct {
	Msg    any    `json:"msg"`
	Stderr string `json:"stderr"`
	RC     *int   `json:"rc"`
}

// ansibleFailures makes findings of what failed; what was ignored is a warning.
func (p *page) ansibleFailures() {
	task := ""
	var hosts []string
	for i, line := range p.lines {
		if name, ok := ansibleHead(line, "TASK ["); ok {
			task = name
		} else if name, ok := ansibleHead(line, "RUNNING HANDLER ["); ok {
			task = name
		}
		head, body, ok := strings.Cut(line, " => ")
		if !ok || p.fates[i] != open || !strings.HasPrefix(head, "fatal: [") && !strings.HasPrefix(head, "failed: [") {
			continue
		}
		p.fates[i] = vital
		f := api.Finding{Kind: "task", Severity: "error", Name: task, Message: head + ansibleMessage(body)}
		if strings.HasSuffix(head, "UNREACHABLE!") {
			f.Kind = "refused"
		}
		if i+1 < len(p.lines) && p.lines[i+1] == "...ignoring" {
			f.Severity = "warning"
		} else if host, _, ok := strings.Cut(head[strings.IndexByte(head, '[')+1:], "]"); ok && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
		p.find(f)
	}
	if c, ok := p.cmd.call("ansible-playbook"); ok && len(hosts) > 0 && len(hosts) <= maxRerun && len(p.cmd.calls) == 1 && !c.has("--limit", "-l") {
		p.next(p.in.Command+" --limit "+quoteWord(strings.Join(hosts, ",")), "runs it again where it failed")
	}
}

// ansibleMessage is what of a result tells why it failed.
func ansibleMessage(body string) string {
	var r ansibleResult
	if json.Unmarshal([]byte(body), &r) != nil {
		return ""
	}
	message := ""
	if s, ok := r.Msg.(string); ok {
		message = " " + s
	}
	if r.RC != nil {
		message += ", rc " + itoa(*r.RC)
	}
	if r.Stderr != "" {
		message += ": " + r.Stderr
	}
	return cutLine(strings.ReplaceAll(message, "\n", " "), maxLine)
}

// ansibleHead reads "TASK [name] ****".
func ansibleHead(line, head string) (string, bool) {
	rest, ok := strings.CutPrefix(line, head)
	name, stars, cut := strings.Cut(rest, "] *")
	return name, ok && cut && strings.Trim(stars, "*") == ""
}

// ansibleTasks says the name of a task above what is shown of it, and counts the others.
func (p *page) ansibleTasks() {
	head := -1
	for i, line := range p.lines {
		for _, kind := range []string{"PLAY [", "TASK [", "RUNNING HANDLER ["} {
			if name, ok := ansibleHead(line, kind); ok {
				p.because(i, aside, "tasks")
				if head = i; kind == "PLAY [" {
					p.fates[i], head = retold, -1
					p.note(i, kind+name+"]")
				}
			}
		}
		switch {
		case strings.HasPrefix(line, "PLAY RECAP *") && strings.Trim(line[len("PLAY RECAP "):], "*") == "":
			p.fates[i], head = noise, -1
		case head >= 0 && i > head && p.fates[i] <= vital && !blank(line) && line != "...ignoring":
			p.fates[head] = retold
			name, _, _ := strings.Cut(p.lines[head], "] *")
			p.note(head, name+"]")
			head = -1
		}
	}
}
