package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// maven reads mvn.
var maven = &reader{
	kind:   "maven",
	tools:  []string{"mvn", "mvnd"},
	signs:  []string{"[INFO] Scanning for projects...", "[INFO] BUILD SUCCESS", "[INFO] BUILD FAILURE"},
	target: failuresTarget,
	read: func(p *page) {
		p.mavenPlaces()
		p.mavenTold()
		tests := p.surefireTests()
		p.apply(mavenRules)
		p.javaTraces()
		p.mavenTests(tests)
		p.mavenGoal()
	},
}

var mavenRules = parseRules(`
	vital            [INFO] BUILD *
	aside:classes_whose_tests_passed  [INFO] Tests run: *Time elapsed: *
	vital            [INFO] Tests run: *
	vital            [ERROR] Tests run: *
	keep             [WARNING] Tests run: *Time elapsed: *
	vital            [WARNING] Tests run: *
	brief:steps      [INFO] Total time: *
	noise            [INFO]
	noise            [INFO] ---*
	noise            [INFO] Finished at: *
	noise            Progress (*
	noise            Downloading from *
	noise            Downloaded from *
	noise            [INFO] Download*
	keep             [INFO] Reactor Summary*
	brief:steps      [INFO] * SUCCESS [*
	vital            [INFO] * FAILURE [*
	keep             [INFO] * SKIPPED
	keep             [INFO] Building *.jar*
	aside:steps      [INFO] *
	noise            [ERROR]
	noise            [WARNING]
	keep             [ERROR] COMPILATION ERROR :~
	aside:advice     [ERROR] To see the full stack trace *
	aside:advice     [ERROR] Re-run Maven using *
	aside:advice     [ERROR] For more information about the errors *
	aside:advice     [ERROR] [Help #] http*
	aside:advice     [ERROR] After correcting the problems, *
	aside:advice     [ERROR]   mvn <args> -rf *
	aside:advice     [ERROR] -> [Help *
	aside:advice     [ERROR] Please refer to dump files *
	vital            [ERROR] * <<< FAILURE!
	vital            [ERROR] * <<< ERROR!
	vital            [ERROR] Failures:~
	vital            [ERROR] Errors:~
	brief:advice     [ERROR] Please refer to *
	brief:advice     [ERROR] Failed to execute goal * There are test failures.
	vital            [ERROR] Failed to execute goal *
	keep             [ERROR]   symbol: *
	keep             [ERROR]   location: *
	vital            [ERROR]   *:# *
	error:test       [ERROR]   *Test*
	error:build      [ERROR] *
	keep             [WARNING] *
	noise            @
	noise            ~@
`)

// mavenPlaces reads "[ERROR] /path/File.java:[12,5] message", which maven tells twice.
func (p *page) mavenPlaces() {
	told := map[string]bool{}
	for i, line := range p.lines {
		rest, ok := strings.CutPrefix(line, "[ERROR] ")
		if !ok || p.fates[i] != open {
			continue
		}
		file, rest, ok := strings.Cut(rest, ":[")
		if !ok || !fileLike(file) || told[line] {
			continue
		}
		told[line] = true
		f := api.Finding{Kind: "build", Severity: "error", File: file}
		f.Line, rest = number(rest)
		f.Col, rest = number(strings.TrimPrefix(rest, ","))
		f.Message = strings.TrimSpace(strings.TrimPrefix(rest, "]"))
		p.find(f)
		p.openPlace(f.File, f.Line)
		p.fates[i] = vital
	}
}

// mavenTold leaves out errors and warnings that were told above: the same ones, what belongs
// to a place that was told, and of long ones those that begin alike.
func (p *page) mavenTold() {
	const long = 100
	told := map[string]bool{}
	for i, line := range p.lines {
		s, loud := mavenSays(line)
		key := s
		if strings.HasPrefix(line, "[ERROR]") && len(s) >= long {
			key = s[:long]
		}
		if loud && told[key] && s != "" && !strings.HasPrefix(s, "Tests run: ") {
			p.because(i, aside, "lines told above")
		}
		told[key] = told[key] || loud || strings.HasPrefix(s, "symbol: ") || strings.HasPrefix(s, "location: ")
	}
}

// mavenSays is what stands behind "[ERROR]" or "[WARNING]", and whether one of them does.
func mavenSays(line string) (text string, loud bool) {
	text = strings.TrimSpace(line)
	for {
		rest, ok := strings.CutPrefix(text, "[ERROR]")
		if !ok {
			if rest, ok = strings.CutPrefix(text, "[WARNING]"); !ok {
				return text, loud
			}
		}
		text, loud = strings.TrimSpace(rest), true
	}
}

// mavenGoal makes a finding of the goal that failed, if nothing said why.
func (p *page) mavenGoal() {
	if p.failed {
		return
	}
	for _, line := range p.lines {
		if strings.HasPrefix(line, "[ERROR] Failed to execute goal ") {
			p.find(api.Finding{Kind: "build", Severity: "error", Message: strings.TrimPrefix(line, "[ERROR] ")})
		}
	}
}
