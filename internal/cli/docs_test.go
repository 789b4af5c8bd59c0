package cli

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/ai-session/ai-session/api"
)

var update = flag.Bool("update", false, "write the generated pages of docs/")

// fresh compares a page with what it should be, or writes it.
func fresh(t *testing.T, path string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not fresh: make docs", path)
	}
}

// docs/cli.md is the commands' own help.
func TestDocsOfTheCommandsAreFresh(t *testing.T) {
	root := tree(t)
	var b bytes.Buffer
	b.WriteString("# Commands\n\nMade from the commands by `make docs`; do not edit.\n\n" +
		"stdout is the answer, stderr the talk, the exit status the truth. Exit statuses of `exec`, `wait` and `send --until exit`:\n" +
		"the command's own; 123 ended with unknown status; 124 still running, needs input or in a full-screen program;\n" +
		"125 ai-session's own error. Other commands: 0, 1 error, 2 usage.\n\nOn every command:\n\n```\n")
	b.WriteString(root.PersistentFlags().FlagUsages() + "```\n")
	for _, name := range commandOrder {
		c, _, err := root.Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		describe(&b, c)
	}
	fresh(t, "../../docs/cli.md", b.Bytes())
}

func describe(b *bytes.Buffer, c *cobra.Command) {
	long := c.Long
	if long == "" {
		long = c.Short + "."
	}
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n```\n%s\n", c.Name(), long, strings.TrimSuffix(c.UseLine(), " [flags]"))
	if len(c.Aliases) > 0 {
		fmt.Fprintf(b, "also: %s\n", strings.Join(c.Aliases, ", "))
	}
	for _, sub := range c.Commands() {
		fmt.Fprintf(b, "  %-18s %s\n", sub.Use, sub.Short)
	}
	if c.LocalNonPersistentFlags().HasFlags() {
		fmt.Fprintf(b, "\n%s", c.LocalNonPersistentFlags().FlagUsages())
	}
	if c.Example != "" {
		fmt.Fprintf(b, "\nfor example\n%s\n", c.Example)
	}
	b.WriteString("```\n")
}

// docs/http.md has the routes between two marks; what stands around them is written
// by hand.
const (
	routesBegin = "<!-- routes: made by make docs -->\n"
	routesEnd   = "<!-- end of routes -->\n"
)

func TestDocsOfTheRoutesAreFresh(t *testing.T) {
	const path = "../../docs/http.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), routesBegin)
	_, after, ok2 := strings.Cut(rest, routesEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the routes", path)
	}
	var b bytes.Buffer
	b.WriteString(before + routesBegin)
	for _, op := range api.All() {
		describeRoute(&b, op)
	}
	describeTypes(&b)
	describeCodes(t, &b)
	b.WriteString(routesEnd + after)
	fresh(t, path, b.Bytes())
}

func describeRoute(b *bytes.Buffer, op api.Spec) {
	fmt.Fprintf(b, "\n### `%s %s`\n\n%s Answer: %s.\n", op.Method, op.Path, op.Doc, answerOf(op))
	fields := api.Fields(op.Request)
	if len(fields) == 0 {
		return
	}
	b.WriteString("\n| field | in | type | |\n|---|---|---|---|\n")
	for _, f := range fields {
		in, doc := f.In, f.Doc
		if in == "stdin" {
			in = "body"
		}
		if f.Enum != nil {
			doc += "; one of " + strings.Join(f.Enum, ", ")
		}
		if f.Default != "" {
			doc += "; by default " + f.Default
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", f.Name, in, jsonType(f.Type), strings.ReplaceAll(doc, "|", `\|`))
	}
}

func answerOf(op api.Spec) string {
	switch {
	case op.Kind == api.Duplex:
		return "101, then frames"
	case op.Result == reflect.TypeFor[api.Chunk]():
		return "the bytes, as they come"
	case op.Kind == api.Stream:
		return "one " + jsonType(op.Result) + " a line, as they come"
	}
	return jsonType(op.Result)
}

// describeCodes lists the error codes as api declares them, comments and all.
func describeCodes(t *testing.T, b *bytes.Buffer) {
	source, err := os.ReadFile("../../api/error.go")
	if err != nil {
		t.Fatal(err)
	}
	b.WriteString("\n## Error codes\n\n| code | status | |\n|---|---|---|\n")
	declared := regexp.MustCompile(`(?m)^\t\w+ +Code = "(\w+)" +// (\d+): (.*)$`)
	found := declared.FindAllStringSubmatch(string(source), -1)
	if len(found) < 10 {
		t.Fatalf("%d codes found in api/error.go", len(found))
	}
	for _, m := range found {
		if status := strconv.Itoa(api.Code(m[1]).Status()); status != m[2] {
			t.Errorf("code %s travels under %s, its comment says %s", m[1], status, m[2])
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", m[1], m[2], m[3])
	}
}

// describeTypes lists every struct that answers are made of.
func describeTypes(b *bytes.Buffer) {
	seen := map[reflect.Type]bool{}
	var all []reflect.Type
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		switch {
		case t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice:
			walk(t.Elem())
		case t.Kind() == reflect.Struct && !scalar(t) && !seen[t]:
			seen[t] = true
			all = append(all, t)
			for i := range t.NumField() {
				walk(t.Field(i).Type)
			}
		}
	}
	for _, op := range api.All() {
		if op.Kind != api.Duplex && op.Result != reflect.TypeFor[api.Chunk]() {
			walk(op.Result)
		}
		for _, f := range api.Fields(op.Request) {
			walk(f.Type)
		}
	}
	walk(reflect.TypeFor[api.Problem]())
	slices.SortFunc(all, func(a, b reflect.Type) int { return strings.Compare(a.Name(), b.Name()) })
	b.WriteString("\n## Types\n\nA field with ? is left out when it is empty.\n\n| type | fields |\n|---|---|\n")
	for _, t := range all {
		fmt.Fprintf(b, "| %s | %s |\n", t.Name(), strings.Join(members(t), ", "))
	}
}

func members(t reflect.Type) []string {
	var list []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			list = append(list, members(f.Type)...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || !f.IsExported() {
			continue
		}
		if strings.Contains(options, "omitempty") {
			name += "?"
		}
		list = append(list, fmt.Sprintf("`%s` %s", name, jsonType(f.Type)))
	}
	return list
}

// scalar reports structs that are one JSON value.
func scalar(t reflect.Type) bool {
	return t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[api.Exit]()
}

func jsonType(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "time"
	case t == reflect.TypeFor[api.Exit]():
		return "integer or null"
	case t == reflect.TypeFor[[]byte]():
		return "base64"
	case t == reflect.TypeFor[api.Millis]():
		return "ms"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return jsonType(t.Elem())
	case reflect.Slice:
		return "list of " + jsonType(t.Elem())
	case reflect.Map:
		return "object"
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.Struct:
		return t.Name()
	}
	return "any"
}
