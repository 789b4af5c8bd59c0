package cli

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ai-session/ai-session/api"
)

// command builds a command from an operation's declaration. run gets the filled-in
// request.
func command[Req, Res any](a *app, op api.Op[Req, Res], run func(req *Req, c *cobra.Command) error) *cobra.Command {
	spec := op.Spec()
	fields := api.Fields(spec.Request)
	req := new(Req)
	v := reflect.ValueOf(req).Elem()
	name, second, _ := strings.Cut(spec.Verb, " ")
	if second != "" && second[0] != '-' {
		name = second // one of a family: snapshot save
	}
	c := &cobra.Command{
		Use:     strings.TrimSpace(name + " " + argWords(fields)),
		Short:   strings.TrimSuffix(spec.Doc, "."),
		Long:    spec.Doc,
		Example: "  " + spec.Example,
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if err := fillArgs(fields, v, args, c); err != nil {
				return err
			}
			if err := readStdin(a, fields, v, c); err != nil {
				return err
			}
			return run(req, c)
		},
	}
	c.Flags().SortFlags = false
	for _, f := range fields {
		if f.Flag != "" {
			addFlag(c.Flags(), f, v.Field(f.Index))
		}
	}
	return c
}

// argWords is the positional part of the usage line.
func argWords(fields []api.Field) string {
	var words []string
	for _, f := range fields {
		name := strings.ToUpper(f.Name)
		switch {
		case f.Arg == "rest":
			words = append(words, "[-- PROGRAM ARGS...]")
		case f.Arg != "" && optional(f):
			words = append(words, "["+name+"]")
		case f.Arg != "":
			words = append(words, name)
		}
	}
	return strings.Join(words, " ")
}

// optional reports whether a positional field may be left out: its JSON may be too,
// or it has a default.
func optional(f api.Field) bool { return f.In != "path" && f.Name != "ref" && f.Name != "size" }

// fillArgs puts the positional words into their fields.
func fillArgs(fields []api.Field, v reflect.Value, args []string, c *cobra.Command) error {
	var rest []string
	if dash := c.ArgsLenAtDash(); dash >= 0 {
		args, rest = args[:dash], args[dash:]
	}
	used, takesRest := 0, false
	for _, f := range fields {
		switch {
		case f.Arg == "rest":
			takesRest = true
			if len(rest) > 0 {
				v.Field(f.Index).Set(reflect.ValueOf(rest))
			}
		case f.Arg != "":
			n, _ := strconv.Atoi(f.Arg)
			if n > len(args) {
				if !optional(f) {
					return usageError{fmt.Errorf("%s needs %s\nusage: %s", c.Name(), strings.ToUpper(f.Name), c.UseLine())}
				}
				continue
			}
			used = max(used, n)
			if err := setWord(f, v.Field(f.Index), args[n-1]); err != nil {
				return err
			}
		}
	}
	if used < len(args) {
		hint := ""
		if takesRest {
			hint = "; quote it as one word, or put -- before it"
		}
		return usageError{fmt.Errorf("%s does not take %q%s\nusage: %s", c.Name(), args[used], hint, c.UseLine())}
	}
	if len(rest) > 0 && !takesRest {
		return usageError{fmt.Errorf("%s does not take words behind --\nusage: %s", c.Name(), c.UseLine())}
	}
	return nil
}

func setWord(f api.Field, v reflect.Value, word string) error {
	if value, ok := v.Addr().Interface().(pflag.Value); ok {
		return value.Set(word)
	}
	if !utf8.ValidString(word) {
		return api.Errorf(api.Invalid, "%s is not valid UTF-8", f.Name).WithHint("give bytes through --stdin or a file")
	}
	v.SetString(word)
	return nil
}

// addFlag declares a field's flag. Its value goes straight into the request.
func addFlag(flags *pflag.FlagSet, f api.Field, v reflect.Value) {
	doc := f.Doc
	if f.Default != "" {
		doc += " (default " + f.Default + ")"
	}
	if f.Enum != nil {
		doc += " [" + strings.Join(f.Enum, "|") + "]"
	}
	if f.In == "stdin" {
		flags.BoolP(f.Flag, f.Short, false, doc)
		return
	}
	switch p := v.Addr().Interface().(type) {
	case pflag.Value:
		flags.VarP(p, f.Flag, f.Short, doc)
	case **api.Size:
		flags.VarP(sizeFlag{p}, f.Flag, f.Short, doc)
	case *string:
		flags.StringVarP(p, f.Flag, f.Short, "", doc)
	case *bool:
		flags.BoolVarP(p, f.Flag, f.Short, false, doc)
	case *int:
		flags.IntVarP(p, f.Flag, f.Short, 0, doc)
	case *[]string:
		flags.StringArrayVarP(p, f.Flag, f.Short, nil, doc)
	default:
		panic("cli: flag " + f.Flag + " of type " + v.Type().String())
	}
}

// sizeFlag is a size that may be absent.
type sizeFlag struct{ p **api.Size }

func (s sizeFlag) Set(text string) error {
	var size api.Size
	if err := size.Set(text); err != nil {
		return err
	}
	*s.p = &size
	return nil
}

func (s sizeFlag) String() string { return "" }
func (s sizeFlag) Type() string   { return "COLSxROWS" }

// readStdin reads standard input into the field that asks for it, when its flag is
// given.
func readStdin(a *app, fields []api.Field, v reflect.Value, c *cobra.Command) error {
	for _, f := range fields {
		if f.In != "stdin" {
			continue
		}
		if on, err := c.Flags().GetBool(f.Flag); err != nil || !on {
			return err
		}
		b, err := io.ReadAll(a.stdin)
		if err != nil {
			return fmt.Errorf("standard input: %w", err)
		}
		return setStdin(v.Addr().Interface(), b)
	}
	return nil
}

func setStdin(req any, b []byte) error {
	exec, ok := req.(*api.ExecRequest)
	if !ok {
		return errors.New("cli: only exec reads standard input")
	}
	if text := string(b); utf8.ValidString(text) {
		exec.Stdin = &text
	} else {
		exec.StdinBase64 = b
	}
	return nil
}
