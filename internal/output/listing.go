package output

import (
	"path"
	"slices"
	"strings"
)

// paths reads lists of paths: the directory is said once, its entries behind it.
var paths = &reader{
	kind:   "listing",
	tools:  []string{"find", "fd", "fdfind", "git ls-files", "locate", "dpkg -L"},
	whole:  true,
	read:   readPaths,
	target: 3000,
}

const fewPaths = 8 // below, a list is shown as it is

func readPaths(p *page) {
	dirs := p.byDirectory()
	if len(dirs) == 0 {
		return
	}
	p.startAt(brief, len(p.lines))
	p.coarsen(max(brief, p.detail+1))
	var hidden []int
	for _, d := range dirs {
		for _, i := range d.lines {
			p.fates[i] = retold
		}
		p.note(d.at, d.text(p.detail))
		switch {
		case p.detail == outline:
			hidden = append(hidden, d.of...)
		case p.detail == brief && len(d.of) > namesShown:
			hidden = append(hidden, d.of[namesShown:]...)
		}
	}
	p.namesLeftOut(hidden)
}

// namesLeftOut says what opens the names of a listing that are only counted.
func (p *page) namesLeftOut(lines []int) {
	if len(lines) > 0 {
		slices.Sort(lines)
		p.count(len(p.lines), numberOf(len(lines), "names")+" not shown", lines)
	}
}

// directory is the entries of a list that are in one.
type directory struct {
	at    int
	name  string
	names []string
	of    []int // lines of the names
	lines []int // of all, the directory's own too
}

func (p *page) byDirectory() []*directory {
	var all []*directory
	known := map[string]*directory{}
	left := p.openLines()
	if len(left) < fewPaths {
		return nil
	}
	for _, i := range left {
		line := p.lines[i]
		if !pathLine(line) {
			continue
		}
		whole, target, link := strings.Cut(strings.TrimPrefix(line, "./"), " -> ")
		dir, name := path.Split(whole)
		if link {
			name += "->" + target
		}
		d := known[dir]
		if d == nil {
			d = &directory{at: i, name: dir}
			known[dir] = d
			all = append(all, d)
		}
		if name != "" {
			d.names = append(d.names, quoteName(name))
			d.of = append(d.of, i)
		}
		d.lines = append(d.lines, i)
	}
	return all
}

// pathLine says that a line is a path and nothing else. Paths may have blanks, but
// not what a message has.
func pathLine(line string) bool {
	if line == "" || line[0] == ' ' {
		return false
	}
	if k := strings.IndexByte(line, '='); k > 0 && !strings.Contains(line[:k], "/") {
		return false // NAME=/a/path: what it is called stands in front
	}
	if !strings.ContainsAny(line, " :") {
		return true
	}
	if diagnostic(line) || strings.Contains(line, ": ") {
		return false
	}
	first, _, spaced := strings.Cut(line, " ")
	return !spaced || strings.Contains(first, "/") && alarm(line) < alarmed
}

// namesShown is how many entries of a directory are named when the list is long.
const namesShown = 4

func (d *directory) text(level detail) string {
	name := d.name
	if name == "" {
		name = "./"
	}
	names := d.names
	switch {
	case level == brief && len(names) > namesShown:
		return name + " " + itoa(len(names)) + ": " + strings.Join(names[:namesShown], " ") + " ..."
	case level == outline:
		return name + " " + itoa(len(names))
	}
	return name + ": " + strings.Join(names, " ")
}

// ls reads long and recursive listings.
var ls = &reader{
	kind:   "listing",
	tools:  []string{"ls", "ll", "exa", "eza", "dir"},
	whole:  true,
	read:   readLs,
	target: 3000,
}

// readLs tells a long listing as names with their sizes, and of the rest only what is
// out of the ordinary: directories, links, programs.
func readLs(p *page) {
	var entries []string
	var lines, hidden []int // of the entries, and of those that are only counted
	at, long := -1, false
	end := func() {
		if len(entries) > 0 {
			p.note(at, listed(entries, p.detail))
		}
		if k := listedNames(len(entries), p.detail); k < len(entries) {
			hidden = append(hidden, lines[k:]...)
		}
		entries, lines = nil, nil
	}
	for i, line := range p.lines {
		text, ok := lsEntry(line, p.detail)
		switch {
		case p.fates[i] != open:
		case ok:
			if len(entries) == 0 {
				at = i
			}
			p.fates[i] = retold
			long = true
			if text != "" {
				entries, lines = append(entries, text), append(lines, i)
			}
			p.coarsen(lsCoarser(p.detail))
		case pattern("total #*").match(line):
			p.fates[i] = noise
		case blank(line):
		case strings.HasSuffix(line, ":") && !diagnostic(line):
			end()
			p.fates[i] = kept
		case !long && p.lsNames(i) && p.cmd.recursive():
			if len(entries) == 0 {
				at = i
			}
			p.fates[i] = retold
			for _, name := range strings.Fields(line) {
				entries, lines = append(entries, name), append(lines, i)
			}
		default:
			end()
		}
	}
	end()
	p.namesLeftOut(slices.Compact(hidden))
}

// lsCoarser is what a listing shows less at: without sizes, and then only some names.
func lsCoarser(d detail) detail {
	if d == full {
		return lean
	}
	return outline
}

// recursive says that ls goes into directories.
func (c command) recursive() bool {
	for _, x := range c.calls {
		for _, a := range x.args {
			if x.name == "ls" && strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.Contains(a, "R") || a == "--recursive" {
				return true
			}
		}
	}
	return false
}

// lsNames says that line i is a row of names, in columns or one.
func (p *page) lsNames(i int) bool {
	return alarm(p.lines[i]) == calm && !strings.Contains(p.lines[i], ": ") && !diagnostic(p.lines[i])
}

func listed(entries []string, level detail) string {
	if k := listedNames(len(entries), level); k < len(entries) {
		return strings.Join(entries[:k], " ") + " ... " + itoa(len(entries)) + " in all"
	}
	return strings.Join(entries, " ")
}

// listedNames is how many of n entries are named.
func listedNames(n int, level detail) int {
	if level == outline {
		return min(n, 3*namesShown)
	}
	return n
}

// lsEntry reads "-rw-r--r-- 1 root root 17280 Nov 22 11:31 name". The entries for the
// directory itself are empty.
func lsEntry(line string, level detail) (text string, ok bool) {
	if len(line) < 20 || strings.Trim(line[:10], "-dlcbpsrwxStT") != "" || line[10] != ' ' && line[10] != '.' && line[10] != '+' && line[10] != '@' {
		return "", false
	}
	f := strings.Fields(line)
	if len(f) < 9 {
		return "", false
	}
	at := strings.Index(line, " "+f[7]+" ")
	if at < 0 {
		return "", false
	}
	name := strings.TrimLeft(line[at+len(f[7])+1:], " ")
	switch {
	case name == "." || name == "..":
		return "", true
	case line[0] == 'd':
		return quoteName(name) + "/", true
	case line[0] == 'l':
		return quoteName(strings.ReplaceAll(name, " -> ", "->")), true
	}
	name = quoteName(name)
	if strings.Contains(line[:10], "x") {
		name += "*"
	}
	if level == full {
		name += " " + shortSize(f[4])
	}
	return name, true
}

// shortSize writes bytes as ls -h does.
func shortSize(digits string) string {
	n := 0
	for i := range len(digits) {
		if !isDigit(digits[i]) || n > 1<<50 {
			return digits
		}
		n = n*10 + int(digits[i]-'0')
	}
	for _, unit := range []string{"", "K", "M", "G", "T"} {
		if n < 1024 {
			return itoa(n) + unit
		}
		n = (n + 512) / 1024
	}
	return digits
}

// tree reads the drawing that tree makes.
var tree = &reader{
	kind:   "listing",
	tools:  []string{"tree"},
	signs:  []string{"├── *"},
	read:   readTree,
	target: 3000,
}

// branch is an entry of a drawn tree.
type branch struct {
	line, depth int
	name        string
}

// readTree tells directories one a line, those with a single directory inside joined
// with it, and their files behind them.
func readTree(p *page) {
	nodes := p.nodes()
	if len(nodes) < fewPaths {
		return
	}
	p.startAt(brief, len(nodes))
	p.coarsen(max(brief, p.detail+1))
	for k := 0; k < len(nodes); k++ {
		n := nodes[k]
		p.fates[n.line] = retold
		if !parent(nodes, k) {
			continue
		}
		p.note(n.line, p.treeLine(nodes, k))
	}
	if files, _ := leaves(nodes, 0, 0); len(files) > 0 {
		p.note(nodes[0].line, "./: "+strings.Join(files, " "))
	}
	for k := range p.notes {
		if strings.HasSuffix(p.notes[k].text, "\x00") { // joined with the directory above
			p.notes[k].text = ""
		}
	}
	p.dropEmptyNotes()
	p.namesLeftOut(leavesLeftOut(nodes, p.detail))
}

// leavesLeftOut are the lines of files that are only counted.
func leavesLeftOut(nodes []branch, level detail) []int {
	var lines []int
	seen := map[int]int{} // files by their depth, since the last directory above
	for k, n := range nodes {
		if parent(nodes, k) {
			seen[n.depth+1] = 0
			continue
		}
		seen[n.depth]++
		if n.depth > nodes[0].depth && (level == outline || level == brief && seen[n.depth] > namesShown) {
			lines = append(lines, n.line)
		}
	}
	return lines
}

func (p *page) dropEmptyNotes() {
	keep := p.notes[:0]
	for _, n := range p.notes {
		if n.text != "" {
			keep = append(keep, n)
		}
	}
	p.notes = keep
}

func parent(nodes []branch, k int) bool {
	return k+1 < len(nodes) && nodes[k+1].depth > nodes[k].depth
}

// leaves are the files right below depth from k on, and how many directories there are.
func leaves(nodes []branch, k, depth int) (files []string, dirs int) {
	for ; k < len(nodes) && nodes[k].depth >= depth; k++ {
		switch {
		case nodes[k].depth > depth:
		case parent(nodes, k):
			dirs++
		default:
			files = append(files, quoteName(nodes[k].name))
		}
	}
	return files, dirs
}

// treeLine is what is said of the directory k: its name below its parent, and its
// files. A directory whose only entry is a directory is told with that one.
func (p *page) treeLine(nodes []branch, k int) string {
	n := nodes[k]
	if k > 0 && nodes[k-1].depth == n.depth-1 {
		if files, dirs := leaves(nodes, k, n.depth); len(files) == 0 && dirs == 1 {
			return "\x00"
		}
	}
	name := n.name
	j := k
	for {
		files, dirs := leaves(nodes, j+1, nodes[j].depth+1)
		if len(files) > 0 || dirs != 1 {
			return treeText(strings.Repeat(" ", n.depth)+name, files, p.detail)
		}
		j++
		name += "/" + nodes[j].name
	}
}

func treeText(name string, files []string, level detail) string {
	text := name + "/"
	switch {
	case len(files) == 0:
		return text
	case level == outline:
		return text + " " + itoa(len(files))
	case level == brief && len(files) > namesShown:
		return text + " " + itoa(len(files)) + ": " + strings.Join(files[:namesShown], " ") + " ..."
	}
	return text + " " + strings.Join(files, " ")
}

// nodes reads "│   ├── name"; four columns are one level.
func (p *page) nodes() []branch {
	var all []branch
	for i, line := range p.lines {
		if p.fates[i] != open {
			continue
		}
		columns, at := drawnColumns(line)
		if name, ok := strings.CutPrefix(line[at:], "── "); ok {
			if all == nil {
				all = make([]branch, 0, len(p.lines)-i)
			}
			all = append(all, branch{line: i, depth: columns / 4, name: strings.ReplaceAll(strings.TrimSuffix(name, "/"), " -> ", "->")})
		}
	}
	return all
}

// drawnColumns is how many columns of lines and blanks a line begins with, and in how
// many bytes.
func drawnColumns(line string) (columns, at int) {
	for at < len(line) {
		switch {
		case line[at] == ' ':
			at++
		case strings.HasPrefix(line[at:], "│"), strings.HasPrefix(line[at:], "├"), strings.HasPrefix(line[at:], "└"):
			at += len("│")
		case strings.HasPrefix(line[at:], "\u00a0"):
			at += len("\u00a0")
		default:
			return columns, at
		}
		columns++
	}
	return columns, at
}
