package output

import (
	"strconv"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// coverage reads tables of what tests cover: coverage.py, istanbul (jest, nyc, c8), go tool cover.
// What is not covered is what is looked for; each such file is shown.
var coverage = &reader{
	kind:  "coverage",
	tools: []string{"coverage", "python3-coverage", "go tool cover"},
	signs: []string{"Name ~Stmts ~Miss *", "File ~| % Stmts | % Branch | *", "total: ~(statements) ~#%"},
	read: func(p *page) {
		p.apply(coverageRules)
		p.coveredRows()
	},
	target: failuresTarget,
}

var coverageRules = parseRules(`
	error:coverage  Coverage failure: *
	error:coverage  FAIL Required test coverage of *
	error:coverage  ERROR: Coverage for * does not meet *
	error:coverage  Jest: "*" coverage threshold for * not met: *
	vital           Required test coverage of * reached. *
`)

// fewCovered is how many files that are covered in full are shown as fast as they are counted.
const fewCovered = 4

func (p *page) coveredRows() {
	var full, part []int
	within := false
	for i, line := range p.lines {
		switch {
		case p.fates[i] != open:
		case pattern("Name ~Stmts ~Miss *").match(line), pattern("File ~| % Stmts | % Branch | *").match(line):
			within = true
			p.fates[i] = kept
		case within && strings.Trim(line, "-| =") == "":
			p.fates[i] = noise
		case within && (strings.HasPrefix(line, "TOTAL ") || strings.HasPrefix(line, "All files")), pattern("total: ~(statements) ~#%").match(line):
			p.fates[i] = vital
			within = within && strings.HasPrefix(line, "All files")
		default:
			percent, row := coveredBy(line)
			if !row || !within && !goCover(line) {
				within = within && row
				continue
			}
			p.fates[i] = kept
			if n, _ := strconv.ParseFloat(percent, 64); percent == "100" {
				full = append(full, i)
			} else if n >= []float64{100, 90, 50, 50}[p.detail] {
				part = append(part, i)
			}
		}
	}
	p.coarsen(p.detail + 1)
	for _, i := range part {
		p.because(i, aside, "rows of which most is covered")
	}
	if len(full) > fewCovered {
		for _, i := range full {
			p.because(i, aside, "rows that are covered in full")
		}
	}
	if p.in.failed() && !p.failed {
		if i := p.lastLine(func(line string) bool {
			return strings.HasPrefix(line, "TOTAL ") || strings.HasPrefix(line, "All files")
		}); i >= 0 {
			p.find(api.Finding{Kind: "coverage", Severity: "error", Message: trimmed(p.lines[i])})
		}
	}
}

// coveredBy is the share of a row that is covered: of its last column of percents, or of the
// least of those between bars.
func coveredBy(line string) (percent string, ok bool) {
	if cells := strings.Split(line, "|"); len(cells) >= 5 {
		for _, c := range cells[1:5] {
			c = strings.TrimSpace(c)
			if c == "" || strings.Trim(c, "0123456789.") != "" {
				return "", false
			}
			if percent = c; c != "100" {
				break
			}
		}
		return percent, true
	}
	for f := range strings.FieldsSeq(line) {
		if n, is := strings.CutSuffix(f, "%"); is && n != "" && strings.Trim(n, "0123456789.") == "" {
			percent = n
		}
	}
	return strings.TrimSuffix(percent, ".0"), percent != "" && (line[0] != ' ' || strings.Contains(line, "|"))
}

// goCover says that a line is a row of go tool cover: a place, a function and a share.
func goCover(line string) bool {
	d, ok := parsePlace(line)
	return ok && strings.HasSuffix(d.file, ".go") && strings.HasSuffix(line, "%") && len(strings.Fields(d.message)) == 2
}
