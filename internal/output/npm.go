package output

import "strings"

// npm reads installs and the talk around scripts, of npm, pnpm, yarn and bun.
var npm = &reader{
	kind:  "npm",
	tools: []string{"npm", "pnpm", "yarn", "bun", "npx"},
	signs: []string{"npm warn *", "npm WARN *", "npm ERR! *", "npm error *", "added # packages*", "ERR_PNPM_*"},
	read:  func(p *page) { p.npmTalk() },
}

var npmRules = parseRules(`
	aside:requests       npm http fetch *
	aside:requests       npm HTTP fetch *
	aside:steps          npm verbose *
	aside:steps          npm sill *
	aside:steps          npm silly *
	aside:steps          npm timing *
	noise                npm notice
	aside:notices        npm notice *
	noise                npm info *
	aside:config_warnings  npm warn Unknown * config *
	aside:config_warnings  npm warn using --force *
	aside:deprecations   npm warn deprecated *
	aside:deprecations   npm WARN deprecated *
	error:missing        npm error notarget No matching version *
	noise                npm error 404
	noise                npm error
	noise                npm ERR!
	error:missing        npm error 404 Not Found*
	error:missing        npm error Missing script*
	error:missing        npm ERR! Missing script*
	error:script         npm error Lifecycle script *
	keep                 npm error code #
	error:refused        npm error code *
	error:refused        npm ERR! code *
	aside:notices        npm error notarget In most cases *
	aside:notices        npm error A complete log of this run *
	aside:notices        npm ERR! A complete log of this run *
	keep                 npm error *
	keep                 npm ERR! *
	keep                 npm warn *
	keep                 npm WARN *
	vital                added # package*
	vital                removed # package*
	vital                changed # package*
	vital                up to date*
	noise                # packages are looking for funding
	noise                # package is looking for funding
	noise                ~run ~npm fund~ for details
	keep                 # vulnerabilities *
	keep                 found # vulnerabilities
	noise                Progress: resolved *
	noise                Packages: +*
	noise                ++++*
	noise                [#/4] *
	noise                [#/5] *
	noise                yarn install v#
	noise                yarn run v#*
	noise                info *
	keep                 success *
	noise                Done in #*
	error:refused        ERR_PNPM_*
	error:refused        error *
	noise                Lockfile is up to date*
	noise                Already up to date
	noise                Scope: all # workspace projects
`)

// npmTalk is what stands around the output of every script.
func (p *page) npmTalk() {
	p.npmUsage()
	p.apply(npmRules)
	p.npmTree()
	for i := 0; i < len(p.lines); i++ {
		if p.fates[i] == open && scriptLine(p.lines, i) && i < scriptHead {
			p.fates[i] = noise // the script's name and its command
			if i+1 < len(p.lines) && strings.HasPrefix(p.lines[i+1], "> ") {
				p.fates[i+1] = noise
				i++
			}
		}
	}
	for _, f := range p.findings {
		switch {
		case strings.Contains(f.Message, "ERESOLVE"):
			p.next("npm install --legacy-peer-deps", "peer dependencies conflict")
		case strings.Contains(f.Message, "No matching version"):
			p.next("npm view "+packageOf(f.Message)+" versions", "that version does not exist")
		case strings.Contains(f.Message, "Missing script"):
			p.next("npm run", "lists the scripts there are")
		case strings.Contains(f.Message, "ELSPROBLEMS"):
			p.next("npm install", "what is installed is not what package.json asks for")
		}
	}
}

// npmUsage leaves out how npm is called, which it tells of every mistake.
func (p *page) npmUsage() {
	within := false
	p.each(func(i int, line string) fate {
		s, ok := strings.CutPrefix(line, "npm error ")
		switch {
		case !ok && line != "npm error", strings.HasPrefix(s, "A complete log"):
			within = false
		case s == "Usage:":
			within = true
		}
		if !within || alarm(s) > calm && !strings.HasPrefix(s, " ") {
			return open
		}
		p.whys[i] = p.reason("lines of usage")
		return aside
	})
}

// manyBranches is how many lines of a tree of dependencies are shown whole.
const manyBranches = 60

// npmTree shows of a long tree of dependencies the first level, and of the others what
// is not as it should be.
func (p *page) npmTree() {
	var deep []int
	for i, line := range p.lines {
		if line == "" || line[0] != ' ' && line[0] != "│"[0] || p.fates[i] != open || !strings.Contains(line, "─") {
			continue
		}
		if (strings.HasPrefix(line, "│ ") || strings.HasPrefix(line, "  ")) && strings.Contains(line, "─ ") || strings.Contains(line, "─┬ ") && !strings.HasPrefix(line, "├─┬ ") && !strings.HasPrefix(line, "└─┬ ") {
			deep = append(deep, i)
		}
	}
	if len(deep) < manyBranches {
		return
	}
	for _, i := range deep {
		if alarm(p.lines[i]) == calm && (!strings.Contains(p.lines[i], "UNMET") || strings.Contains(p.lines[i], "UNMET OPTIONAL")) && !strings.Contains(p.lines[i], "extraneous") {
			p.because(i, aside, "nested dependencies")
		}
	}
}

// scriptHead is how far into an output a script's head may stand.
const scriptHead = 400

// packageOf is the name in "No matching version found for name@1.2.3".
func packageOf(message string) string {
	_, rest, _ := strings.Cut(message, "found for ")
	rest, _, _ = strings.Cut(rest, " ")
	if i := strings.LastIndexByte(rest, '@'); i > 0 {
		rest = rest[:i]
	}
	return quoteWord(rest)
}

// scriptLine says that line i is what npm shows above a script's output: "> name@1.0.0 build", and
// the command below it.
func scriptLine(lines []string, i int) bool {
	name, ok := strings.CutPrefix(lines[i], "> ")
	return ok && (strings.Contains(name, "@") || i+1 < len(lines) && strings.HasPrefix(lines[i+1], "> "))
}
