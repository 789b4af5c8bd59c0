package output

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ai-session/ai-session/api"
)

func finding(kind, severity, name, message string) api.Finding {
	return api.Finding{Kind: kind, Severity: severity, Name: name, Message: message}
}

// ps reads process lists: who runs what, without columns that nobody asks for.
var ps = &reader{
	kind:  "listing",
	tools: []string{"ps", "pgrep", "top"},
	signs: []string{"USER *PID %CPU %MEM *COMMAND"},
	read:  readPs,
}

// readPs tells "ps aux" as PID, processor, memory and command. Processes of the same
// command are told once, with their numbers.
func readPs(p *page) {
	head := -1
	for i, line := range p.lines {
		if f := strings.Fields(line); len(f) == 11 && f[0] == "USER" && f[10] == "COMMAND" {
			head = i
			break
		}
	}
	if head < 0 {
		p.kernelThreads()
		p.squeezeTable()
		return
	}
	p.fates[head] = retold
	p.note(head, "PID %CPU %MEM RSS STAT COMMAND")
	same := map[string]int{}
	pids := map[int][]string{}
	for i := head + 1; i < len(p.lines); i++ {
		f := strings.Fields(p.lines[i])
		if p.fates[i] != open || len(f) < 11 || strings.Trim(f[1], "0123456789") != "" {
			continue
		}
		command := p.lines[i][fieldAt(p.lines[i], 10):]
		p.fates[i] = retold
		if strings.HasPrefix(strings.TrimSpace(command), "[") && strings.HasSuffix(command, "]") {
			p.because(i, aside, "kernel threads")
			continue
		}
		if at, told := same[command]; told {
			pids[at] = append(pids[at], f[1])
			continue
		}
		same[command] = i
		p.note(i, strings.Join([]string{f[1], f[2], f[3], f[5], f[7]}, " ")+" "+cutLine(strings.TrimSpace(command), 160))
	}
	for at, list := range pids {
		p.note(at+1, " the same: "+strings.Join(list, " "))
	}
}

// kernelThreads leaves out [kworker/0:1] and its like, the children of process 2.
func (p *page) kernelThreads() {
	p.each(func(i int, line string) fate {
		f := strings.Fields(line)
		if len(f) < 4 || !strings.HasPrefix(f[len(f)-1], "[") || !strings.HasSuffix(f[len(f)-1], "]") || f[1] != "2" && f[2] != "2" {
			return open
		}
		p.whys[i] = p.reason("kernel threads")
		return aside
	})
}

// fieldAt is where field n of a line begins, from 0.
func fieldAt(line string, n int) int {
	i := 0
	for ; n >= 0; n-- {
		for i < len(line) && line[i] == ' ' {
			i++
		}
		if n == 0 {
			return i
		}
		for i < len(line) && line[i] != ' ' {
			i++
		}
	}
	return i
}

// squeezeTable tells the rows of a table with two blanks between their columns.
func (p *page) squeezeTable() {
	left := p.openLines()
	if len(left) < 3 || !tableHead(p.lines[left[0]]) {
		return
	}
	for _, i := range left {
		line := p.lines[i]
		if !strings.Contains(line, "   ") || diagnostic(line) {
			continue
		}
		p.fates[i] = retold
		p.note(i, squeeze(line))
	}
}

// tableHead says that a line is the head of a table: words in capitals.
func tableHead(line string) bool {
	return strings.Contains(line, "  ") && strings.ToUpper(line) == line && alarm(line) == calm
}

// squeeze makes runs of blanks two blanks long.
func squeeze(line string) string {
	var b strings.Builder
	run := 0
	for i := range len(line) {
		if line[i] == ' ' {
			if run++; run > 2 {
				continue
			}
		} else {
			run = 0
		}
		b.WriteByte(line[i])
	}
	return strings.TrimRight(b.String(), " ")
}

// sqlTable reads the answers of psql, mysql and sqlite3.
var sqlTable = &reader{
	kind:  "table",
	tools: []string{"psql", "mysql", "mariadb", "sqlite3", "duckdb"},
	read:  readSQL,
}

const (
	rowsHead = 15
	rowsTail = 5
)

// readSQL keeps the first rows and the last of a long answer, and its count.
func readSQL(p *page) {
	p.apply(sqlRules)
	var rows []int
	for _, i := range p.openLines() {
		if line := p.lines[i]; strings.Contains(line, "|") || boxed(line) {
			if strings.Trim(line, "+-| ") == "" || boxed(line) && strings.Trim(line, "─│┌┬┐├┼┤└┴┘═╞╪╡╭╮╰╯ ") == "" {
				p.fates[i] = noise
				continue
			}
			rows = append(rows, i)
			p.fates[i] = kept
		}
	}
	if len(rows) <= rowsHead+rowsTail || p.detail == full {
		if len(rows) > rowsHead+rowsTail {
			p.coarsen(lean)
		}
		return
	}
	for _, i := range rows[rowsHead : len(rows)-rowsTail] {
		if alarm(p.lines[i]) < alarmed {
			p.because(i, folded, "rows")
		}
	}
}

// boxed says that a line begins with a line that is drawn: U+2500 to U+257F.
func boxed(line string) bool {
	return len(line) > 3 && line[0] == 0xe2 && (line[1] == 0x94 || line[1] == 0x95)
}

var sqlRules = parseRules(`
	vital        (# row*)
	vital        # row* in set*
	error:sql    ERROR: *
	error:sql    ERROR # (*
	error:sql    Error: *
	error:sql    Parse error*
	error:sql    Runtime error*
	error:sql    psql: error: *
	error:sql    *: ERROR:  *
	keep         LINE #: *
	keep         HINT: *
	keep         DETAIL: *
`)

// usage reads du and df.
var usage = &reader{
	kind:  "listing",
	tools: []string{"du", "df", "free", "lsblk"},
	whole: true,
	read:  readUsage,
}

const largest = 40 // entries of du that are shown

// readUsage shows the largest entries of a long list.
func readUsage(p *page) {
	p.squeezeTable()
	left := p.openLines()
	for _, i := range left {
		p.fates[i] = kept
	}
	if len(left) <= largest || p.detail == full {
		if len(left) > largest {
			p.coarsen(lean)
		}
		return
	}
	sizes := make([]int64, len(left))
	for k, i := range left {
		sizes[k] = sizeOf(p.lines[i])
	}
	limit := nthLargest(sizes, largest)
	for k, i := range left {
		if sizes[k] >= 0 && sizes[k] < limit {
			p.because(i, aside, "smaller entries")
		}
	}
}

// sizeOf reads "4.0K  path"; -1 if the line has no size in front.
func sizeOf(line string) int64 {
	f := strings.Fields(line)
	if len(f) < 2 || !isDigit(f[0][0]) {
		return -1
	}
	n, unit := float64(0), int64(1)
	whole, rest := number(f[0])
	n = float64(whole)
	if strings.HasPrefix(rest, ".") {
		var tenth int
		tenth, rest = number(rest[1:])
		n += float64(tenth) / 10
	}
	if rest != "" {
		unit = int64(1) << (10 * (1 + strings.IndexByte("KMGTP", rest[0])))
	}
	return int64(n * float64(unit))
}

// nthLargest is the n-th largest of the values.
func nthLargest(values []int64, n int) int64 {
	sorted := append([]int64(nil), values...)
	sortDown(sorted)
	return sorted[min(n, len(sorted))-1]
}

func sortDown(values []int64) {
	slices.SortFunc(values, func(a, b int64) int { return cmp.Compare(b, a) })
}
