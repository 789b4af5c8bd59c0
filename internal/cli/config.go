package cli

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/ai-session/ai-session/internal/config"
)

func (a *app) config() *cobra.Command {
	c := &cobra.Command{
		Use: "config", Short: "Read and change settings",
		Example: "  ai-session config set default_shell /usr/bin/zsh",
	}
	c.AddCommand(
		&cobra.Command{Use: "list", Short: "List every setting", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return a.configList() }},
		&cobra.Command{Use: "get NAME", Short: "Print a setting", Args: cobra.ExactArgs(1), RunE: func(_ *cobra.Command, args []string) error { return a.configGet(args[0]) }},
		&cobra.Command{Use: "set NAME VALUE", Short: "Change a setting; an empty value puts back its default", Args: cobra.ExactArgs(2), RunE: func(_ *cobra.Command, args []string) error { return a.configSet(args[0], args[1]) }},
	)
	return c
}

func (a *app) configList() error {
	_, s, err := settings()
	if err != nil {
		return err
	}
	if a.json {
		all := map[string]string{}
		for _, k := range s.Keys() {
			all[k] = s.Get(k)
		}
		return json.NewEncoder(a.stdout).Encode(all)
	}
	t := table(a.stdout)
	for _, k := range s.Keys() {
		fmt.Fprintf(t, "%s\t%s\t%s\n", k, s.Get(k), s.Doc(k))
	}
	return t.Flush()
}

func (a *app) configGet(name string) error {
	_, s, err := settings()
	if err != nil {
		return err
	}
	check := s
	if err := check.Set(name, ""); err != nil {
		return err // no such setting
	}
	_, err = fmt.Fprintln(a.stdout, s.Get(name))
	return err
}

func (a *app) configSet(name, value string) error {
	paths, err := config.Find(os.Getenv)
	if err != nil {
		return err
	}
	s, err := config.LoadFile(paths.File())
	if err != nil {
		return err
	}
	if err := s.Set(name, value); err != nil {
		return err
	}
	if err := s.Save(paths.File()); err != nil {
		return err
	}
	fmt.Fprintln(a.stderr, "the daemon reads it at its next start")
	return nil
}

// settings are what is in force: the file, and the environment above it.
func settings() (config.Paths, config.Config, error) {
	paths, err := config.Find(os.Getenv)
	if err != nil {
		return paths, config.Config{}, err
	}
	s, err := config.Load(paths, os.Getenv)
	return paths, s, err
}
