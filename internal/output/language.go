package output

import (
	"path"
	"strings"
)

// grammar knows as much of a language as an outline needs: what a line that defines
// something looks like.
type grammar struct {
	// words begin a definition, after blanks and modifiers.
	words []string
	// modifiers may stand before the words.
	modifiers []string
	// nested says that definitions inside of others count, down to that many columns.
	nested int
	// shape finds definitions that no word begins.
	shape func(line string) bool
	// comments begin lines that say nothing of the structure.
	comments []string
}

var grammars = map[string]*grammar{
	"go":   {words: []string{"func ", "type ", "package ", "const ", "var "}, comments: []string{"//"}},
	"c":    {words: []string{"struct ", "enum ", "union ", "typedef ", "class ", "namespace ", "template"}, shape: cFunction, comments: []string{"//", "/*", "*", "#"}},
	"py":   {words: []string{"def ", "class ", "async def "}, nested: 8, comments: []string{"#"}},
	"js":   {words: []string{"function ", "class ", "interface ", "type ", "enum ", "namespace ", "module.exports"}, modifiers: []string{"export ", "default ", "async ", "abstract ", "declare "}, nested: 2, shape: jsDefinition, comments: []string{"//", "/*", "*"}},
	"java": {words: []string{"class ", "interface ", "enum ", "record ", "@interface "}, modifiers: []string{"public ", "private ", "protected ", "static ", "final ", "abstract ", "sealed ", "internal ", "override ", "open ", "data ", "suspend "}, nested: 8, shape: javaMember, comments: []string{"//", "/*", "*", "@"}},
	"rs":   {words: []string{"fn ", "struct ", "enum ", "trait ", "impl ", "impl<", "mod ", "type ", "const ", "static ", "macro_rules!", "union "}, modifiers: []string{"pub ", "pub(crate) ", "pub(super) ", "async ", "unsafe ", "extern \"C\" ", "const "}, nested: 4, comments: []string{"//", "#["}},
	"rb":   {words: []string{"def ", "class ", "module "}, nested: 6, comments: []string{"#"}},
	"sh":   {words: []string{"function "}, shape: shFunction, comments: []string{"#"}},
	"php":  {words: []string{"function ", "class ", "interface ", "trait "}, modifiers: []string{"public ", "private ", "protected ", "static ", "final ", "abstract "}, nested: 4, comments: []string{"//", "/*", "*", "#"}},
	"lua":  {words: []string{"function ", "local function "}, nested: 2, comments: []string{"--"}},
	"tcl":  {words: []string{"proc ", "namespace ", "oo::class "}, nested: 4, comments: []string{"#"}},
	"sql":  {words: []string{"CREATE ", "create ", "ALTER ", "alter "}, comments: []string{"--"}},
	"md":   {words: []string{"# ", "## ", "### "}},
	"ini":  {words: []string{"["}, comments: []string{"#", ";"}},
	"yaml": {shape: yamlKey, comments: []string{"#"}},
	"mk":   {shape: makeTarget, comments: []string{"#"}},
	"css":  {shape: func(l string) bool { return strings.HasSuffix(l, "{") && indent(l) == 0 }},
	"json": {shape: func(l string) bool { return indent(l) == 2 && strings.HasPrefix(l, "  \"") }},
}

var extensions = map[string]string{
	".go": "go", ".c": "c", ".h": "c", ".cc": "c", ".cpp": "c", ".cxx": "c", ".hpp": "c", ".hh": "c", ".m": "c", ".mm": "c", ".cu": "c", ".ino": "c",
	".py": "py", ".pyi": "py", ".js": "js", ".jsx": "js", ".mjs": "js", ".cjs": "js", ".ts": "js", ".tsx": "js", ".mts": "js", ".vue": "js", ".svelte": "js",
	".java": "java", ".kt": "java", ".kts": "java", ".cs": "java", ".scala": "java", ".swift": "java", ".groovy": "java", ".dart": "java",
	".rs": "rs", ".rb": "rb", ".sh": "sh", ".bash": "sh", ".zsh": "sh", ".php": "php", ".lua": "lua", ".tcl": "tcl", ".sql": "sql", ".md": "md", ".markdown": "md",
	".rst": "md", ".ini": "ini", ".toml": "ini", ".cfg": "ini", ".conf": "ini", ".yaml": "yaml", ".yml": "yaml", ".mk": "mk", ".css": "css", ".scss": "css",
	".json": "json", ".ex": "rb", ".exs": "rb", ".pl": "sh", ".zig": "rs", ".proto": "js",
}

// language is the grammar of a file by its name, or by its first line.
func language(name string, lines []string) *grammar {
	if g := grammars[extensions[strings.ToLower(path.Ext(name))]]; g != nil {
		return g
	}
	switch path.Base(name) {
	case "Makefile", "makefile", "GNUmakefile":
		return grammars["mk"]
	case "Dockerfile":
		return grammars["sql"]
	}
	if len(lines) > 0 && strings.HasPrefix(lines[0], "#!") {
		for _, l := range []struct{ in, lang string }{{"python", "py"}, {"node", "js"}, {"ruby", "rb"}, {"sh", "sh"}} {
			if strings.Contains(lines[0], l.in) {
				return grammars[l.lang]
			}
		}
	}
	return nil
}

// defines says that a line defines something.
func (g *grammar) defines(line string) bool {
	depth := indent(line)
	if depth > g.nested || depth == len(line) {
		return false
	}
	s := line[depth:]
	for _, c := range g.comments {
		if strings.HasPrefix(s, c) {
			return false
		}
	}
	if g.shape != nil && g.shape(line) {
		return true
	}
	return g.begins(s)
}

func (g *grammar) begins(s string) bool {
	for again := true; again; {
		again = false
		for _, m := range g.modifiers {
			if rest, ok := strings.CutPrefix(s, m); ok {
				s, again = rest, true
			}
		}
	}
	for _, w := range g.words {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}

// foreign says that a line is none of the file's: a complaint that was printed into it.
func (g *grammar) foreign(line string) bool {
	for _, c := range g.comments {
		if strings.HasPrefix(strings.TrimLeft(line, " "), c) {
			return false
		}
	}
	return complaint(line) && !g.defines(line)
}

// cFunction says that a line at the margin begins a function: a name, a parenthesis,
// and no statement.
func cFunction(line string) bool {
	if line == "" || !isLetter(line[0]) && line[0] != '_' {
		return false
	}
	i := strings.IndexByte(line, '(')
	if i <= 0 || strings.HasSuffix(line, ";") || strings.ContainsAny(line[:i], "=;\"#.") {
		return false
	}
	first, _, _ := strings.Cut(line, " ")
	switch first {
	case "if", "for", "while", "switch", "return", "else", "do", "case", "goto":
		return false
	}
	return !strings.HasSuffix(line[:i], ":") && !diagnostic(line)
}

// jsDefinition finds functions in constants, and methods.
func jsDefinition(line string) bool {
	s := strings.TrimPrefix(strings.TrimLeft(line, " "), "export ")
	if strings.HasPrefix(s, "const ") || strings.HasPrefix(s, "let ") || strings.HasPrefix(s, "var ") {
		return indent(line) == 0 && (strings.Contains(s, "=>") || strings.Contains(s, "function") || strings.HasPrefix(line, "export "))
	}
	if indent(line) == 0 && strings.HasSuffix(s, "{") {
		name, value, ok := strings.Cut(s, " = ")
		return ok && !strings.Contains(name, " ") && (strings.HasPrefix(value, "function") || strings.HasPrefix(value, "async ") || strings.HasSuffix(value, "=> {"))
	}
	if indent(line) != 2 || !strings.HasSuffix(s, "{") {
		return false
	}
	i := strings.IndexByte(s, '(')
	if i <= 0 {
		return false
	}
	switch name := strings.TrimPrefix(strings.TrimPrefix(s[:i], "async "), "static "); name {
	case "if ", "for ", "while ", "switch ", "catch ", "if", "for", "while", "switch", "return ", "function ":
		return false
	default:
		return strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$#") == ""
	}
}

// javaMember finds methods and fields by their modifiers.
func javaMember(line string) bool {
	s := strings.TrimLeft(line, " ")
	for _, m := range []string{"public ", "private ", "protected ", "internal ", "static ", "fun ", "func ", "override ", "void ", "def "} {
		if strings.HasPrefix(s, m) {
			return strings.Contains(s, "(") && !strings.HasSuffix(s, ";") || strings.HasSuffix(s, "{")
		}
	}
	return false
}

func shFunction(line string) bool {
	name, _, ok := strings.Cut(line, "()")
	return ok && name != "" && indent(line) == 0 && !strings.ContainsAny(name, " $=\"'")
}

func yamlKey(line string) bool {
	return line != "" && line[0] != ' ' && line[0] != '-' && strings.Contains(line, ":")
}

func makeTarget(line string) bool {
	name, rest, ok := strings.Cut(line, ":")
	return ok && line[0] != ' ' && line[0] != '\t' && !strings.HasPrefix(rest, "=") && !strings.ContainsAny(name, "=#$")
}
