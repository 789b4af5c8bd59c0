package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// reduce is carried out by the daemon's program, which links the readers, without a
// daemon.
func (a *app) reduce() *cobra.Command {
	c := &cobra.Command{
		Use:     "reduce --command CMD --exit N < BYTES",
		Short:   "Read an output on standard input and print what matters of it",
		Example: "  make 2>&1 | ai-session reduce --command make --exit 2",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			args := []string{"reduce"}
			c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
				if f.Changed && f.Name != "help" {
					args = append(args, "--"+f.Name+"="+f.Value.String())
				}
			})
			if a.json {
				args = append(args, "--json")
			}
			return replaceBy("ai-sessiond", args)
		},
	}
	f := c.Flags()
	f.String("command", "", "the command that wrote it: chooses the readers")
	f.VarP(&status{}, "exit", "", "exit status of the command; unknown if not given")
	f.String("signal", "", "the signal that ended it")
	f.String("cwd", "", "where it ran")
	f.String("ref", "", "what opens the output, written into gaps, as @e42")
	f.Int("cols", 120, "width of the terminal that it was written to")
	f.Int("rows", 40, "height of the terminal")
	f.Int("max-tokens", 0, "bound of the text; without it the content chooses")
	f.String("tokenizer", "estimate", "how tokens are counted: estimate, o200k_base or cl100k_base")
	return c
}

// status is an exit status on a command line.
type status struct{ code string }

func (s *status) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 255 {
		return fmt.Errorf("%q is no exit status, 0 to 255", text)
	}
	s.code = text
	return nil
}

func (s *status) String() string { return s.code }

// Type names the value in help.
func (s *status) Type() string { return "N" }
