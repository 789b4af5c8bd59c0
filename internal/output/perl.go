package output

import (
	"strings"

	"github.com/ai-session/ai-session/api"
)

// perl reads what perl says of a program: "text at file line 3."
var perl = &reader{
	kind:  "perl",
	tools: []string{"perl"},
	signs: []string{"* had compilation errors.", "Execution of * aborted due to compilation errors.", "BEGIN failed--compilation aborted *"},
	read: func(p *page) {
		if p.has("#..#", len(p.lines)) {
			p.kind = "" // tests, which tap reads
			return
		}
		p.apply(perlRules)
		p.perlPlaces()
	},
}

var perlRules = parseRules(`
	vital   * had compilation errors.
	vital   Execution of * aborted due to compilation errors.
	vital   BEGIN failed--compilation aborted *
	vital   Compilation failed in require at *
	vital   * syntax OK
`)

// perlWarnings are the beginnings of what perl warns of and goes on.
var perlWarnings = []string{
	"Use of uninitialized value", "Argument \"", "Odd number of elements", "Subroutine ", "Name \"", "Useless use of ", "Possible ", "Found = in conditional",
	"Scalar value @", "Deep recursion", "Wide character in", "print() on ", "readline() on ", "Use of implicit split", "Unquoted string ", "\"my\" variable ", "\"our\" variable ",
}

// perlPlaces makes findings of the lines that name a place: errors where the program failed
// and perl would not have gone on.
func (p *page) perlPlaces() {
	p.each(func(_ int, line string) fate {
		k := strings.LastIndex(line, " at ")
		if k <= 0 || indent(line) > 0 {
			return open
		}
		file, rest, ok := strings.Cut(line[k+len(" at "):], " line ")
		n, rest := number(rest)
		if !ok || n == 0 || strings.Contains(file, " ") || rest != "" && rest[0] != '.' && rest[0] != ',' {
			return open
		}
		f := api.Finding{Kind: "build", Severity: "error", File: file, Line: n, Message: line[:k]}
		if !p.in.failed() {
			f.Severity = "warning"
		}
		for _, head := range perlWarnings {
			if strings.HasPrefix(line, head) {
				f.Severity = "warning"
			}
		}
		p.find(f)
		if f.Severity == "error" {
			p.openPlace(file, n)
		}
		return vital
	})
}
