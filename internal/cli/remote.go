package cli

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/config"
)

// remote keeps other machines' daemons under names. They are reached by `ai-sessiond
// proxy`, which links what speaks TLS.
func (a *app) remote() *cobra.Command {
	c := &cobra.Command{
		Use: "remote", Short: "Keep other machines' daemons under names",
		Example: "  ai-session remote add build https://build:7443 --fingerprint sha256:... --token-file token",
	}
	var r config.Remote
	tokenFile := ""
	add := &cobra.Command{
		Use: "add NAME URL", Short: "Keep a daemon under a name, for --server NAME", Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			r.URL = strings.TrimSuffix(args[1], "/")
			return addRemote(args[0], r, tokenFile, a.stdin)
		},
	}
	add.Flags().StringVar(&r.Fingerprint, "fingerprint", "", "its certificate's, as serve prints it; without it the system's authorities decide")
	add.Flags().StringVar(&tokenFile, "token-file", "", "file with the token, - for standard input; else AI_SESSION_TOKEN is used")
	c.AddCommand(add,
		&cobra.Command{Use: "list", Short: "List the remotes", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return a.remoteList() }},
		&cobra.Command{Use: "rm NAME", Short: "Forget a remote", Args: cobra.ExactArgs(1), RunE: func(_ *cobra.Command, args []string) error { return removeRemote(args[0]) }},
	)
	return c
}

func addRemote(name string, r config.Remote, tokenFile string, stdin io.Reader) error {
	if err := api.CheckName(name); err != nil {
		return err
	}
	if !strings.HasPrefix(r.URL, "https://") {
		return api.Errorf(api.Invalid, "%q is no https:// URL", r.URL)
	}
	if r.Fingerprint != "" && (!strings.HasPrefix(r.Fingerprint, "sha256:") || len(r.Fingerprint) != len("sha256:")+64) {
		return api.Errorf(api.Invalid, "%q is no fingerprint", r.Fingerprint).WithHint("sha256: and 64 digits, as ai-session serve prints it")
	}
	paths, err := config.Find(os.Getenv)
	if err != nil {
		return err
	}
	switch tokenFile {
	case "":
		r.Token = os.Getenv("AI_SESSION_TOKEN")
	case "-":
		b, err := io.ReadAll(io.LimitReader(stdin, 4096))
		if err != nil {
			return err
		}
		r.Token = strings.TrimSpace(string(b))
	default:
		b, err := os.ReadFile(tokenFile)
		if err != nil {
			return err
		}
		r.Token = strings.TrimSpace(string(b))
	}
	all, err := paths.Remotes()
	if err != nil {
		return err
	}
	all[name] = r
	return paths.SaveRemotes(all)
}

func (a *app) remoteList() error {
	paths, err := config.Find(os.Getenv)
	if err != nil {
		return err
	}
	all, err := paths.Remotes()
	if err != nil {
		return err
	}
	t := table(a.stdout)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		token := "no token"
		if all[name].Token != "" {
			token = "token kept"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", name, all[name].URL, token, all[name].Fingerprint)
	}
	return t.Flush()
}

func removeRemote(name string) error {
	paths, err := config.Find(os.Getenv)
	if err != nil {
		return err
	}
	all, err := paths.Remotes()
	if err != nil {
		return err
	}
	if _, ok := all[name]; !ok {
		return api.Errorf(api.NotFound, "no remote %q", name).WithHint("ai-session remote list")
	}
	delete(all, name)
	return paths.SaveRemotes(all)
}

// token is carried out by the daemon's program, which links what makes secrets.
func (a *app) token() *cobra.Command {
	c := &cobra.Command{
		Use: "token", Short: "Make and revoke the tokens other machines need",
		Example: "  ai-session token create laptop --scope read --scope exec --expires 720h",
	}
	var scopes []string
	expires := api.Millis(0)
	create := &cobra.Command{
		Use: "create NAME", Short: "Make a token and print it, once", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			words := []string{"token", "create", args[0], expires.Duration().String()}
			return replaceBy("ai-sessiond", append(words, scopes...))
		},
	}
	create.Flags().StringSliceVar(&scopes, "scope", []string{"read", "read-raw", "exec", "input", "create"}, "what it allows; * is everything")
	create.Flags().Var(&expires, "expires", "how long it is good; without it until it is revoked")
	c.AddCommand(create,
		&cobra.Command{Use: "list", Short: "List the tokens", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
			return replaceBy("ai-sessiond", []string{"token", "list"})
		}},
		&cobra.Command{Use: "revoke NAME", Short: "End a token, at once", Args: cobra.ExactArgs(1), RunE: func(_ *cobra.Command, args []string) error {
			return replaceBy("ai-sessiond", []string{"token", "revoke", args[0]})
		}},
	)
	return c
}
