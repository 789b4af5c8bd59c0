package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/config"
)

// commandOrder is the order of help.
var commandOrder = []string{
	"create", "list", "inspect", "exec", "wait", "send", "screen", "output", "history", "events",
	"attach", "detach", "kill", "resize", "rename", "signal", "interactive", "batch",
	"context", "analyze", "ledger", "snapshot", "restore", "search", "storage", "export", "import", "play", "reduce", "serve", "remote", "token", "mcp", "hook", "status", "doctor", "upgrade", "stop",
	"logs", "config", "completion", "version",
}

// commands maps every word to what builds its command.
func (a *app) commands() map[string]func() *cobra.Command {
	all := map[string]func() *cobra.Command{
		"create": a.create, "list": a.list, "inspect": a.inspect, "exec": a.exec, "wait": a.wait,
		"send": a.send, "screen": a.screen, "output": a.output, "history": a.history, "events": a.events,
		"attach": a.attach, "detach": a.detach, "kill": a.kill, "resize": a.resize, "signal": a.signal,
		"context": a.context, "analyze": a.analyze, "ledger": a.ledger,
		"snapshot": a.snapshot, "restore": a.restore, "search": a.search, "storage": a.storage, "export": a.export, "import": a.importFile, "play": a.play,
		"reduce": a.reduce, "serve": a.serve, "remote": a.remote, "token": a.token, "mcp": a.mcp, "hook": a.hook, "keeper": a.keeper, "status": a.daemonStatus, "upgrade": a.upgrade,
		"stop": a.stop, "logs": a.logs, "rename": a.rename, "doctor": a.doctor, "batch": a.batch, "interactive": a.interactive,
		"config": a.config, "completion": a.completion, "version": a.version,
	}
	all["ls"] = all["list"]
	return all
}

func (a *app) create() *cobra.Command {
	return command(a, api.Create, func(req *api.CreateRequest, c *cobra.Command) error {
		if err := a.fromHere(req); err != nil {
			return err
		}
		s, err := call(a, api.Create, req)
		if err != nil || a.json {
			return err
		}
		fmt.Fprintln(a.stdout, s.Name)
		return nil
	})
}

// fromHere fills in what a new session takes over from the client: folder,
// environment, size.
func (a *app) fromHere(req *api.CreateRequest) error {
	if req.Size == nil {
		if size, ok := terminalSize(os.Stdout); ok {
			req.Size = &size
		}
	}
	if config.IsRemote(a.server) {
		return nil // folders and variables of this machine mean nothing there
	}
	dir, err := os.Getwd()
	switch {
	case req.Dir == "" && err != nil:
		return api.Errorf(api.CannotStart, "the working directory: %v", err).WithHint("--dir DIR")
	case req.Dir == "":
		req.Dir = dir
	case !filepath.IsAbs(req.Dir):
		req.Dir = filepath.Join(dir, req.Dir)
	}
	req.BaseEnv = api.KV{}
	for _, kv := range os.Environ() {
		if name, value, ok := strings.Cut(kv, "="); ok && name != "" {
			req.BaseEnv[name] = strings.ToValidUTF8(value, "\ufffd")
		}
	}
	return nil
}

func (a *app) list() *cobra.Command {
	detailed, watch := false, false
	c := command(a, api.List, func(req *api.ListRequest, _ *cobra.Command) error {
		if watch {
			return a.watchList(req, detailed)
		}
		res, err := call(a, api.List, req)
		if err != nil || a.json {
			return err
		}
		a.more(res.NextCursor)
		return renderSessions(a.stdout, res.Sessions, detailed)
	})
	c.Aliases = []string{"ls"}
	c.Flags().BoolVar(&detailed, "detailed", false, "evidence, pid, size and cwd too")
	c.Flags().BoolVarP(&watch, "watch", "w", false, "show it again whenever something changes")
	return c
}

// watchList shows the list whenever an event says that it changed.
func (a *app) watchList(req *api.ListRequest, detailed bool) error {
	c, err := a.caller()
	if err != nil {
		return err
	}
	home := ""
	if isTerminal(a.stdout) {
		home = "\x1b[H\x1b[2J"
	}
	shown := map[string]api.SessionState{}
	show := func() error {
		res, err := callOn(a, c, api.List, req)
		if err != nil {
			return err
		}
		clear(shown)
		for _, s := range res.Sessions {
			shown[s.Name] = s.State
		}
		if a.json {
			return nil
		}
		if _, err := io.WriteString(a.stdout, home); err != nil {
			return err
		}
		return renderSessions(a.stdout, res.Sessions, detailed)
	}
	if err := show(); err != nil {
		return err
	}
	return api.Events.Stream(a.ctx, c, &api.EventsRequest{Follow: true}, func(e *api.Event) error {
		if e.Kind == "state" && shown[e.Session] == e.State {
			return nil // the stream begins with all states; only what came between is news
		}
		return show()
	})
}

func (a *app) inspect() *cobra.Command {
	return command(a, api.Inspect, func(req *api.SessionRequest, _ *cobra.Command) error {
		s, err := call(a, api.Inspect, req)
		if err != nil || a.json {
			return err
		}
		return renderSession(a.stdout, s)
	})
}

func (a *app) send() *cobra.Command {
	until := api.Until{}
	c := command(a, api.Send, func(req *api.SendRequest, c *cobra.Command) error {
		if req.Text == "" && len(req.Keys) == 0 && until == (api.Until{}) {
			return usageError{fmt.Errorf("send needs TEXT or --key\nusage: %s", c.UseLine())}
		}
		if until != (api.Until{}) {
			req.Until = &until
		}
		res, err := call(a, api.Send, req)
		if err != nil {
			return err
		}
		if !res.Delivered {
			fmt.Fprintln(a.stderr, "ai-session: the program does not read; the input waits")
		}
		if res.Wait == nil || a.json {
			return nil
		}
		return a.waited(res.Wait)
	})
	c.Flags().StringVar(&until.For, "until", "", "wait afterwards for exit, prompt, input, quiet or text")
	c.Flags().StringVar(&until.Match, "match", "", "wait afterwards for new output that matches this regular expression")
	c.Flags().Var(&until.QuietMS, "quiet", "wait afterwards until no output has come for this long")
	c.Flags().VarP(&until.TimeoutMS, "timeout", "t", "give the wait up after this long")
	return c
}

func (a *app) screen() *cobra.Command {
	return command(a, api.ScreenOf, func(req *api.ScreenRequest, _ *cobra.Command) error {
		asJSON := a.json
		a.json = asJSON || req.Format == "json"
		if req.Format == "png" && !a.json && isTerminal(a.stdout) {
			return usageError{fmt.Errorf("a terminal cannot show a PNG: send it to a file, as in > screen.png")}
		}
		s, err := call(a, api.ScreenOf, req)
		if err != nil || a.json {
			return err
		}
		if req.Format == "png" {
			_, err = a.stdout.Write(s.Image)
			return err
		}
		_, err = fmt.Fprint(a.stdout, withNewline(s.Content, req.Format))
		return err
	})
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func withNewline(text, format string) string {
	if format == "ansi" || text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}

func (a *app) output() *cobra.Command {
	raw, follow, stream := false, false, ""
	c := command(a, api.ReadOutput, func(req *api.OutputRequest, _ *cobra.Command) error {
		if raw || follow || stream != "" {
			if req.Grep != "" || req.MaxTokens != 0 {
				return usageError{fmt.Errorf("--grep and --max-tokens read lines, --raw and --follow read bytes")}
			}
			want := &api.RawRequest{Ref: req.Ref, Lines: req.Lines, Follow: follow, Stream: stream}
			ref, err := api.ParseRef(req.Ref)
			if follow && err == nil && ref.Block == "" {
				if err := a.showsItself(ref.Session); err != nil {
					return err
				}
			}
			if err != nil || ref.Block != "" || req.Lines == "" {
				return a.raw(want, a.stdout) // what is wrong with it the daemon says
			}
			lines := &lineEnds{w: a.stdout}
			return errors.Join(a.raw(want, lines), lines.flush())
		}
		out, err := call(a, api.ReadOutput, req)
		if err != nil || a.json {
			return err
		}
		return renderOutput(a.stdout, out)
	})
	c.Flags().BoolVar(&raw, "raw", false, "the bytes as they were written; with --lines of a session, lines end in LF alone")
	c.Flags().StringVar(&stream, "stream", "", "of a command that ran with --pipe: stdout or stderr alone, as bytes")
	c.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what comes, as bytes")
	return c
}

// showsItself refuses to follow the session whose terminal this is: each line shown would
// be one more to show.
func (a *app) showsItself(session string) error {
	own := os.Getenv("AI_SESSION")
	if own == "" || a.server != "" || !isTerminal(a.stdout) {
		return nil
	}
	c, err := a.caller()
	if err != nil {
		return err
	}
	s, err := api.Inspect.Call(a.ctx, c, &api.SessionRequest{Session: session})
	if err != nil || s.ID != own && s.Name != own {
		return nil // what is wrong with it the daemon says
	}
	return api.Errorf(api.Invalid, "this is the terminal of session %s: it would show what it shows", session).
		WithHint("type it in another terminal, or ai-session output %s --follow >FILE", session)
}

func (a *app) raw(req *api.RawRequest, w io.Writer) error {
	c, err := a.caller()
	if err != nil {
		return err
	}
	return api.ReadRaw.Stream(a.ctx, c, req, func(chunk *api.Chunk) error {
		_, err := w.Write(chunk.Data)
		return err
	})
}

func (a *app) history() *cobra.Command {
	return command(a, api.Blocks, func(req *api.HistoryRequest, _ *cobra.Command) error {
		h, err := call(a, api.Blocks, req)
		if err != nil || a.json {
			return err
		}
		a.more(h.NextCursor)
		return renderHistory(a.stdout, h)
	})
}

// more says how to see what a page had no place for.
func (a *app) more(cursor string) {
	if cursor != "" {
		fmt.Fprintf(a.stderr, "ai-session: there are more: a larger --limit, or --cursor %s for the next\n", cursor)
	}
}

func (a *app) events() *cobra.Command {
	return command(a, api.Events, func(req *api.EventsRequest, _ *cobra.Command) error {
		c, err := a.caller()
		if err != nil {
			return err
		}
		return api.Events.Stream(a.ctx, c, req, func(e *api.Event) error {
			return renderEvent(a.stdout, e, a.json)
		})
	})
}

func (a *app) detach() *cobra.Command {
	return command(a, api.Detach, func(req *api.DetachRequest, _ *cobra.Command) error {
		res, err := call(a, api.Detach, req)
		if err != nil || a.json {
			return err
		}
		fmt.Fprintf(a.stderr, "%d detached\n", res.Detached)
		return nil
	})
}

func (a *app) kill() *cobra.Command {
	all := false
	c := command(a, api.Kill, func(req *api.KillRequest, _ *cobra.Command) error {
		if !all {
			return a.killOne(req)
		}
		list, err := api.List.Call(a.ctx, a.client, &api.ListRequest{})
		if err != nil {
			return err
		}
		for _, s := range list.Sessions {
			if err := a.killOne(&api.KillRequest{Session: s.ID, Force: req.Force}); err != nil {
				return err
			}
		}
		return nil
	})
	run := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		if all && len(args) == 0 {
			if _, err := a.caller(); err != nil {
				return err
			}
			args = []string{"all"} // stands where a name would
		} else if all {
			return usageError{fmt.Errorf("kill takes a session or --all, not both")}
		}
		return run(c, args)
	}
	c.Flags().BoolVar(&all, "all", false, "every session")
	return c
}

func (a *app) killOne(req *api.KillRequest) error {
	res, err := call(a, api.Kill, req)
	if err != nil {
		return err
	}
	for _, p := range res.Survivors {
		fmt.Fprintf(a.stderr, "ai-session: process %d (%s) is still there\n", p.PID, printable(p.Name))
	}
	if len(res.Survivors) > 0 {
		a.status = exitError
	}
	return nil
}

func (a *app) resize() *cobra.Command {
	return command(a, api.Resize, func(req *api.ResizeRequest, _ *cobra.Command) error {
		_, err := call(a, api.Resize, req)
		return err
	})
}

func (a *app) signal() *cobra.Command {
	return command(a, api.Signal, func(req *api.SignalRequest, _ *cobra.Command) error {
		_, err := call(a, api.Signal, req)
		return err
	})
}

func (a *app) daemonStatus() *cobra.Command {
	return command(a, api.DaemonStatus, func(req *api.StatusRequest, _ *cobra.Command) error {
		c, err := a.connect(false)
		if err != nil {
			return err
		}
		st, err := callOn(a, c, api.DaemonStatus, req)
		if err != nil || a.json {
			return err
		}
		return renderStatus(a.stdout, st)
	})
}

func (a *app) stop() *cobra.Command {
	return command(a, api.Stop, func(req *api.StopRequest, _ *cobra.Command) error {
		c, err := a.connect(false)
		if err != nil {
			return err
		}
		gone, err := c.Gone(a.ctx)
		if err != nil {
			return err
		}
		if _, err := callOn(a, c, api.Stop, req); err != nil {
			return err
		}
		select {
		case <-gone:
		case <-a.ctx.Done():
		}
		return nil
	})
}

func (a *app) logs() *cobra.Command {
	return command(a, api.Logs, func(req *api.LogsRequest, _ *cobra.Command) error {
		c, err := a.connect(false)
		if err != nil {
			return err
		}
		return api.Logs.Stream(a.ctx, c, req, func(chunk *api.Chunk) error {
			_, err := a.stdout.Write(chunk.Data)
			return err
		})
	})
}

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Example: "  ai-session version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if a.json {
				_, err := fmt.Fprintf(a.stdout, "{\"version\":%q,\"go\":%q}\n", Version, runtime.Version())
				return err
			}
			_, err := fmt.Fprintf(a.stdout, "ai-session %s (%s, %s/%s)\n", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

func (a *app) completion() *cobra.Command {
	return &cobra.Command{
		Use: "completion bash|zsh|fish|powershell", Short: "Print completions for a shell",
		Example:   "  source <(ai-session completion bash)",
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		RunE: func(c *cobra.Command, args []string) error {
			root := c.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.stdout, true)
			case "zsh":
				return root.GenZshCompletion(a.stdout)
			case "fish":
				return root.GenFishCompletion(a.stdout, true)
			}
			return root.GenPowerShellCompletionWithDesc(a.stdout)
		},
	}
}

// besideOrPath finds another of our programs.
func besideOrPath(name string) (string, error) {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if self, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(self); err == nil {
			self = real
		}
		path := filepath.Join(filepath.Dir(self), name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", api.Errorf(api.Unavailable, "no %s beside this program or in PATH", name).
			WithHint("install both programs: go install ./cmd/...")
	}
	return path, nil
}
