package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// bundler reads webpack, esbuild, rollup and vite, and what runs them: next, ng, nuxt, tsup.
var bundler = &reader{
	kind:  "bundler",
	tools: []string{"webpack", "webpack-cli", "esbuild", "rollup", "vite", "rolldown", "next", "ng", "nuxt", "tsup", "rspack", "parcel"},
	signs: []string{"ERROR in ./*", "WARNING in ./*", "✘ [ERROR] *", "▲ [WARNING] *", "[!] *Error: *", "~╭─[ *:#:# ]", "▲ Next.js #*"},
	read: func(p *page) {
		p.apply(bundlerRules)
		p.npmTalk()
		for i, line := range p.lines {
			if p.fates[i] != open {
				continue
			}
			for _, read := range []func(*page, int, string) (api.Finding, bool){(*page).webpackProblem, (*page).esbuildProblem, (*page).rollupProblem, (*page).nextProblem} {
				if f, ok := read(p, i, line); ok {
					p.fates[i] = vital
					p.find(f)
					p.installMissing(f.Message)
					if f.Severity == "error" && f.File != "" && f.Line > 0 {
						p.openPlace(f.File, f.Line)
					}
					break
				}
			}
		}
	},
}

var bundlerRules = parseRules(`
	vital                webpack * compiled *
	vital                Failed to compile.
	vital                ✗ Build failed in *
	vital                error during build:
	vital                Build failed with # error*
	vital                # error*
	warn:build           (!) *
	noise                ▲ Next.js #*
	noise                ✓ Running next.config took *
	noise                ~Creating an optimized production build ...
	keep                 ✓ Compiled * in *
	noise                ~Running TypeScript ...
	noise                ~Finished TypeScript in *
	noise                ~Linting and checking validity of types ...
	noise                *Collecting page data *
	noise                *Generating static pages *
	noise                *Finalizing page optimization *
	noise                *Collecting build traces *
	noise                > Build error occurred
	error:build          Error occurred prerendering page *
	vital                Export encountered an error on *
	aside:notes          https://nextjs.org/docs/*
	noise                ~at <unknown> (https://nextjs.org/docs/*
	aside:notes          https://rollupjs.org/*
	aside:notes          ~You can mark the path * as external to exclude it from the bundle, which will
	aside:notes          ~remove this error and leave the unresolved path in the bundle.
`)

// webpackProblem reads "ERROR in ./src/a.js 2:0-21" and the message below it, and leaves out
// below that where it was looked for.
func (p *page) webpackProblem(i int, line string) (api.Finding, bool) {
	f := api.Finding{Kind: "build", Severity: "error"}
	rest, ok := strings.CutPrefix(line, "ERROR in ")
	if !ok {
		f.Severity = "warning"
		if rest, ok = strings.CutPrefix(line, "WARNING in "); !ok {
			return f, false
		}
	}
	f.Message = rest
	f.File, f.Line, f.Col = webpackPlace(rest)
	tried := false
	for j := i + 1; j < len(p.lines) && !blank(p.lines[j]); j++ {
		s := p.lines[j]
		file, n, col := webpackPlace(s)
		switch {
		case f.Message == rest && n > 0:
			f.File, f.Line, f.Col = file, n, col
		case f.Message == rest:
			f.Message = strings.TrimSpace(s)
			p.showVital(j)
		case strings.HasPrefix(s, "resolve '"):
			tried = true
		}
		if tried && webpackTried.find(s) >= 0 {
			p.because(j, aside, "lines of where it was looked for")
		}
	}
	return f, true
}

// webpackTried describes where webpack has looked for a module.
var webpackTried = func() *patterns {
	t := &patterns{}
	for _, p := range []string{
		"resolve '*' in '*'", "~Parsed request is a module", "~using description file: *", "~Field '*' doesn't contain a valid alias configuration",
		"~no extension", "~.*", "~as directory", "~resolve as module", "~looking for modules in *", "~single file module", "~* doesn't exist",
		"~* doesn't exist or is not a directory", "~* is not a file", "~* is not a directory", "~existing directory *", "~existing file *",
		"~use * from main in package.json", "~using exports field: *", "~existing directory", "~root path *", "~using path: *", "~as file",
	} {
		t.add(pattern(p), 0)
	}
	return t
}()

// webpackPlace reads "./src/a.js 2:0-21", "src/a.ts:3:7" and "./src/a.js".
func webpackPlace(s string) (file string, line, col int) {
	file, at, two := strings.Cut(s, " ")
	if !two {
		if d, ok := parsePlace(s + ": x"); ok {
			file, line, col = d.file, d.line, d.col
		}
		return strings.TrimPrefix(file, "./"), line, col
	}
	line, at = number(at)
	if !strings.HasPrefix(at, ":") || strings.Contains(at, " ") {
		return "", 0, 0
	}
	col, _ = number(at[1:])
	return strings.TrimPrefix(file, "./"), line, col
}

// esbuildProblem reads "✘ [ERROR] text", with the place below it.
func (p *page) esbuildProblem(i int, line string) (api.Finding, bool) {
	f := api.Finding{Kind: "build", Severity: "error"}
	message, ok := strings.CutPrefix(line, "✘ [ERROR] ")
	if !ok {
		f.Severity = "warning"
		if message, ok = strings.CutPrefix(line, "▲ [WARNING] "); !ok {
			return f, false
		}
	}
	f.Message = message
	for j := i + 1; j < len(p.lines) && j <= i+3; j++ {
		if d, ok := parsePlace(p.lines[j]); ok && d.message == "" {
			f.File, f.Line, f.Col = d.file, d.line, d.col
			p.showVital(j)
			break
		}
	}
	return f, true
}

// rollupProblem reads "[!] RollupError: text" and "[UNRESOLVED_IMPORT] text", with the place
// in it or below it.
func (p *page) rollupProblem(i int, line string) (api.Finding, bool) {
	message, ok := strings.CutPrefix(line, "[!] ")
	if !ok {
		code, rest, is := strings.Cut(strings.TrimPrefix(line, "["), "] ")
		if !is || line == "" || line[0] != '[' || len(code) < 4 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" || !p.boxBelow(i) {
			return api.Finding{}, false
		}
		message = rest
	}
	f := api.Finding{Kind: "build", Severity: "error", Message: message}
	for j := i; j < len(p.lines) && j <= i+4; j++ {
		file, at, ok := strings.Cut(strings.TrimPrefix(p.lines[j], "[!] RollupError: "), " (")
		at, _, closed := strings.Cut(at, ")")
		if d, placed := parsePlace(file + ":" + at + ": x"); ok && closed && placed {
			f.File, f.Line, f.Col = d.file, d.line, d.col
			break
		}
		if _, at, ok := strings.Cut(p.lines[j], "╭─[ "); ok {
			d, _ := parsePlace(strings.TrimSuffix(at, " ]") + ": x")
			f.File, f.Line, f.Col = d.file, d.line, d.col
			break
		}
	}
	return f, true
}

// nextProblem reads "./app/page.tsx:5:9" with "Type error: text" below it, as next build writes.
func (p *page) nextProblem(i int, line string) (api.Finding, bool) {
	if !strings.HasPrefix(line, "./") || i+1 >= len(p.lines) {
		return api.Finding{}, false
	}
	message := p.lines[i+1]
	for _, head := range []string{"Type error: ", "Module not found: ", "Parsing ecmascript source code failed", "Error: ", "Syntax Error"} {
		if !strings.HasPrefix(message, head) {
			continue
		}
		f := api.Finding{Kind: "build", Severity: "error", Message: message}
		if f.File, f.Line, f.Col = webpackPlace(line); f.File == "" {
			return f, false
		}
		p.showVital(i + 1)
		return f, true
	}
	return api.Finding{}, false
}

// boxBelow says that below line i a box with source begins.
func (p *page) boxBelow(i int) bool {
	return i+1 < len(p.lines) && strings.Contains(p.lines[i+1], "╭─[ ")
}

// installMissing proposes to install the package that a bundler did not find.
func (p *page) installMissing(message string) {
	for _, quote := range []struct{ head, end string }{{"Can't resolve '", "'"}, {"Could not resolve \"", "\""}, {"Could not resolve '", "'"}, {"failed to resolve import \"", "\""}} {
		_, rest, ok := strings.Cut(message, quote.head)
		name, _, closed := strings.Cut(rest, quote.end)
		if ok && closed && name != "" && name[0] != '.' && name[0] != '/' && !strings.ContainsAny(name, " \\") && !strings.HasPrefix(name, "@/") && !strings.HasPrefix(name, "~") {
			p.next("npm install "+quoteWord(packageName(name)), "the package is not installed")
		}
	}
}

// packageName is the package of a module: "lodash" of "lodash/get", "@shop/a" of "@shop/a/b".
func packageName(module string) string {
	parts := strings.SplitN(module, "/", 3)
	if module[0] == '@' && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}
