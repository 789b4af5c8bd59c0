package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// monorepo reads what runs a script in each of many packages, and writes which in front of
// every line: turbo, nx, lerna, yarn workspaces.
var monorepo = &reader{
	kind:  "monorepo",
	tools: []string{"turbo", "nx", "lerna", "yarn workspaces"},
	signs: []string{"*:*: cache miss, executing *", "~Tasks: ~# successful, # total", "~Lerna (powered by Nx) *", "~NX   *"},
	read: func(p *page) {
		p.apply(monorepoRules)
		p.packageLines()
		p.npmTalk()
	},
}

var monorepoRules = parseRules(`
	noise            Attention:
	noise            Turborepo now collects *
	noise            This information is used to shape *
	noise            You can learn more, including how to opt-out *
	noise            https://turbo*/docs/telemetry
	noise            ~• turbo #*
	noise            ~• Packages in scope: *
	keep             ~• Running *
	noise            ~• Remote caching disabled
	noise            *:*: cache miss, executing *
	aside:cached_tasks  *:*: cache hit, *
	error:build      *\#*: ~ERROR *
	error:build      ~ERROR  run failed: *
	vital            ~Tasks: *
	vital            ~Cached: *
	vital            ~Failed: *
	keep             ~Time: *
	noise            lerna notice cli *
	vital            ~Lerna (powered by Nx) *
	vital            ~NX   *
	vital            ~✖ *
	vital            ~✔ *#/# succeeded *
	error:build      lerna ERR! *
`)

// packageLines makes findings of the places named behind a package, and leaves out what npm
// writes there around every script.
func (p *page) packageLines() {
	p.each(func(i int, line string) fate {
		rest, ok := behindPackage(line)
		switch d, placed := parseDiagnostic(rest); {
		case !ok:
			return open
		case rest == "", strings.HasPrefix(rest, "> ") && strings.Count(rest, " ") < 12:
			return noise
		case strings.HasPrefix(rest, "npm warn Unknown "):
			p.whys[i] = p.reason("config warnings")
			return aside
		case placed && d.severity != "note":
			p.find(api.Finding{Kind: "build", Severity: d.severity, File: d.file, Line: d.line, Col: d.col, Name: d.code, Message: d.message})
			return vital
		}
		return open
	})
}

// behindPackage is what stands behind "@shop/b:build: " or "[@shop/b]: ".
func behindPackage(line string) (rest string, ok bool) {
	head, rest, ok := strings.Cut(line, ": ")
	if !ok {
		head, ok = strings.CutSuffix(line, ":")
	}
	if !ok || head == "" || strings.Contains(head, " ") {
		return "", false
	}
	name, task, two := strings.Cut(head, ":")
	if two && name != "" && task != "" && !strings.ContainsAny(task, ":/.") && !isDigit(task[0]) {
		return rest, true
	}
	return rest, head[0] == '[' && head[len(head)-1] == ']'
}
