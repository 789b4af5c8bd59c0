package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/config"
	"github.com/ai-session/ai-session/internal/core/cgroup"
	"github.com/ai-session/ai-session/internal/core/pty/keeper"
)

// serve runs the keeper in the foreground, with the daemon below it.
func (a *app) serve() *cobra.Command {
	listen := ""
	c := &cobra.Command{
		Use:     "serve",
		Short:   "Run the daemon in the foreground",
		Example: "  ai-session serve --listen 0.0.0.0:7443",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			program, err := besideOrPath("ai-sessiond")
			if err != nil {
				return err
			}
			args := []string{"serve"}
			if listen != "" {
				args = append(args, "--listen", listen)
			}
			return a.keep(keeper.Config{Program: program, Args: args})
		},
	}
	c.Flags().StringVar(&listen, "listen", "", "serve other machines too, on HOST:PORT, with TLS and tokens")
	return c
}

// keeper is the hidden verb that clients start: it holds the terminals and runs the
// daemon that args name.
func (a *app) keeper() *cobra.Command {
	var attached int
	c := &cobra.Command{
		Use:    "keeper PROGRAM ARGS...",
		Short:  "Hold terminals and run a daemon",
		Hidden: true,
		Args:   cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			c := keeper.Config{Program: args[0], Args: args[1:]}
			cgroup.Leave() // the first command to need a daemon may have been typed in a session
			if attached != 0 {
				c.Attached, c.AttachedPID = 3, attached // the daemon gives its socket as descriptor 3
			}
			return a.keep(c)
		},
	}
	c.Flags().SetInterspersed(false)
	c.Flags().IntVar(&attached, "attached", 0, "a daemon that lives already and lost its keeper")
	return c
}

func (a *app) keep(c keeper.Config) error {
	paths, err := config.Find(os.Getenv)
	if err != nil {
		return err
	}
	c.Env, c.Log = os.Environ(), appendTo(filepath.Join(paths.Data, "daemon.log"))
	status, err := keeper.Run(c)
	a.status = status
	return err
}

// appendTo writes to a file that somebody else may put aside at any time.
type appendTo string

func (p appendTo) Write(b []byte) (int, error) {
	f, err := os.OpenFile(string(p), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.Write(b)
}

var _ io.Writer = appendTo("")

// upgradeLimit is how long the new daemon may take to answer: longer than the keeper
// gives it, and the old one again.
const upgradeLimit = 3 * keeper.StartLimit

func (a *app) upgrade() *cobra.Command {
	return command(a, api.Upgrade, func(req *api.UpgradeRequest, _ *cobra.Command) error {
		if req.Program != "" {
			path, err := filepath.Abs(req.Program)
			if err != nil {
				return err
			}
			req.Program = path
		}
		c, err := a.connect(false)
		if err != nil {
			return err
		}
		gone, err := c.Gone(a.ctx)
		if err != nil {
			return err
		}
		res, err := callOn(a, c, api.Upgrade, req)
		if err != nil {
			return err
		}
		timer := time.NewTimer(upgradeLimit)
		defer timer.Stop()
		select {
		case <-gone:
		case <-timer.C:
			return errors.New("the old daemon did not end")
		}
		st, err := api.DaemonStatus.Call(a.ctx, c, &api.StatusRequest{})
		if err != nil {
			return err
		}
		if st.RolledBack != "" {
			return api.Errorf(api.CannotStart, "the upgrade was taken back: %s", st.RolledBack).
				WithHint("ai-session logs; the sessions go on under the old daemon")
		}
		if !a.json {
			verb := "go"
			if st.Sessions == 1 {
				verb = "goes"
			}
			fmt.Fprintf(a.stdout, "%s -> %s, %s %s on\n", res.From, st.Version, counted(st.Sessions, "session"), verb)
		}
		return nil
	})
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}
