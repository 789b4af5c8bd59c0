package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ai-session/ai-session/api"
)

// hookAgents are the agents whose shell tool can be sent through a session.
var hookAgents = []string{"claude", "codex", "gemini", "opencode"}

// hook sends an agent's own shell tool through a session: what it runs is kept, and a
// person can watch it.
func (a *app) hook() *cobra.Command {
	c := &cobra.Command{
		Use: "hook", Short: "Send an agent's own shell tool through a session",
		Example: "  ai-session hook install claude",
	}
	show := false
	one := cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs)
	install := &cobra.Command{
		Use: "install " + strings.Join(hookAgents, "|"), Short: "Add the hook to an agent's settings", Args: one, ValidArgs: hookAgents,
		RunE: func(_ *cobra.Command, args []string) error { return a.setHook(args[0], true, show) },
	}
	install.Flags().BoolVar(&show, "print", false, "only print what would be added")
	run := &cobra.Command{
		Use: "run AGENT", Short: "Rewrite a command, as the agent's hook", Args: one, ValidArgs: hookAgents, Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error { return a.rewrite(args[0]) },
	}
	execute := &cobra.Command{
		Use: "exec SESSION COMMAND", Short: "Run a command in a session, as a shell would", Args: cobra.ExactArgs(2), Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error { return a.asShell(args[0], args[1]) },
	}
	c.AddCommand(install, &cobra.Command{
		Use: "uninstall " + strings.Join(hookAgents, "|"), Short: "Take the hook out", Args: one, ValidArgs: hookAgents,
		RunE: func(_ *cobra.Command, args []string) error { return a.setHook(args[0], false, false) },
	}, run, execute)
	return c
}

func (a *app) setHook(agent string, install, show bool) error {
	home, self, err := homeAndSelf()
	if err != nil {
		return err
	}
	file, event, matcher := "", "PreToolUse", "Bash"
	switch agent {
	case "claude":
		file = filepath.Join(home, ".claude", "settings.json")
	case "codex":
		file = filepath.Join(home, ".codex", "hooks.json")
	case "gemini":
		file, event, matcher = filepath.Join(home, ".gemini", "settings.json"), "BeforeTool", "run_shell_command"
	case "opencode":
		return a.setPlugin(home, self, install, show)
	}
	group, err := plainJSON(map[string]any{
		"matcher": matcher,
		"hooks":   []map[string]any{{"type": "command", "command": quoteWord(self) + hookMark + agent}},
	})
	if err != nil {
		return err
	}
	path := []string{"hooks", event}
	if show {
		return a.printJSON(file, path, json.RawMessage("["+string(group)+"]"))
	}
	err = editJSON(file, path, func(old json.RawMessage) (json.RawMessage, error) {
		return editGroups(old, group, install)
	})
	if err != nil {
		return err
	}
	a.said(file, install)
	if agent == "codex" && install {
		fmt.Fprintln(a.stderr, "codex asks for hooks to be turned on: [features] hooks = true in ~/.codex/config.toml")
	}
	return nil
}

// hookMark is how our group is known among others.
const hookMark = " hook run "

// editGroups puts our group behind the others, once, or takes it out.
func editGroups(old, ours json.RawMessage, install bool) (json.RawMessage, error) {
	var groups []json.RawMessage
	if len(old) > 0 {
		if err := json.Unmarshal(old, &groups); err != nil {
			return nil, err
		}
	}
	kept := []json.RawMessage{}
	for _, g := range groups {
		if !bytes.Contains(g, []byte("ai-session")) || !bytes.Contains(g, []byte(hookMark)) {
			kept = append(kept, g)
		}
	}
	if install {
		kept = append(kept, ours)
	}
	if len(kept) == 0 {
		return nil, nil
	}
	return plainJSON(kept)
}

// plugin is opencode's hook: it takes programs, not settings.
const plugin = `// Made by: ai-session hook install opencode
const quote = text => "'" + text.replaceAll("'", "'\\''") + "'"
export const AISession = async () => ({
  "tool.execute.before": async (input, output) => {
    if (input.tool !== "bash" || !output.args || typeof output.args.command !== "string") return
    if (output.args.command.includes(" hook exec ")) return
    const session = "opencode-" + String(input.sessionID || "main").replace(/[^A-Za-z0-9]/g, "").slice(-8)
    output.args.command = %s + " hook exec " + quote(session) + " " + quote(output.args.command)
  },
})
`

func (a *app) setPlugin(home, self string, install, show bool) error {
	file := filepath.Join(home, ".config", "opencode", "plugins", "ai-session.js")
	name, err := plainJSON(quoteWord(self))
	if err != nil {
		return err
	}
	text := fmt.Sprintf(plugin, name)
	switch {
	case show:
		fmt.Fprintln(a.stderr, file)
		_, err := io.WriteString(a.stdout, text)
		return err
	case install:
		err = writeSettings(file, []byte(text))
	default:
		if err = os.Remove(file); os.IsNotExist(err) {
			err = nil
		}
	}
	if err == nil {
		a.said(file, install)
	}
	return err
}

// hookInput is what agents tell a hook. They agree on these.
type hookInput struct {
	Session string          `json:"session_id"`
	Event   string          `json:"hook_event_name"`
	Tool    string          `json:"tool_name"`
	Input   json.RawMessage `json:"tool_input"`
}

// maxHookInput bounds what a hook reads: a command with what is around it.
const maxHookInput = 16 << 20

// rewrite answers an agent's hook: the command, to be run in the agent's session. What
// it does not understand it leaves alone, in silence: the agent goes on as it would.
func (a *app) rewrite(agent string) error {
	b, err := io.ReadAll(io.LimitReader(a.stdin, maxHookInput))
	if err != nil {
		return err
	}
	self, err := ownPath()
	if err != nil {
		return err
	}
	answer, err := rewritten(agent, self, b)
	if err != nil || answer == nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, string(answer))
	return err
}

func rewritten(agent, self string, b []byte) ([]byte, error) {
	var in hookInput
	if json.Unmarshal(b, &in) != nil {
		return nil, nil
	}
	args, err := parseObject(in.Input)
	if err != nil {
		return nil, nil
	}
	var command string
	if json.Unmarshal(args.get("command"), &command) != nil || strings.TrimSpace(command) == "" ||
		strings.Contains(command, " hook exec ") || isTrue(args.get("run_in_background")) || isTrue(args.get("is_background")) {
		return nil, nil
	}
	session := agent + "-" + lastLetters(in.Session, 8)
	line, err := plainJSON(quoteWord(self) + " hook exec " + quoteWord(session) + " " + quoteWord(command))
	if err != nil {
		return nil, err
	}
	args.set("command", line)
	out := map[string]any{"hookEventName": "PreToolUse", "updatedInput": args}
	switch agent {
	case "codex":
		// The only form it takes; its own approval still decides whether the call runs.
		out["permissionDecision"] = "allow"
	case "gemini":
		out = map[string]any{"hookEventName": "BeforeTool", "tool_input": args}
	}
	return plainJSON(map[string]any{"hookSpecificOutput": out})
}

func isTrue(value json.RawMessage) bool { return string(value) == "true" }

// lastLetters makes a part of a session's name out of an agent's id.
func lastLetters(id string, n int) string {
	word := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, id)
	if word == "" {
		return "main"
	}
	return word[max(0, len(word)-n):]
}

// quoteWord makes one word of a text for every POSIX shell.
func quoteWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("/._-", r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// asShell runs a command as the agent's own shell would have: its bytes and its exit
// status, and nothing of ours. The session is made when it is first needed, where the
// agent is.
func (a *app) asShell(session, command string) error {
	c, err := a.caller()
	if err != nil {
		return err
	}
	create := &api.CreateRequest{Name: session}
	if err := a.fromHere(create); err != nil {
		return err
	}
	_, err = api.Inspect.Call(a.ctx, c, &api.SessionRequest{Session: session})
	if api.CodeOf(err) == api.NotFound {
		_, err = api.Create.Call(a.ctx, c, create)
		if api.CodeOf(err) == api.Exists {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	stop := a.interruptible(session)
	defer stop()
	r, err := api.Exec.Call(a.ctx, c, &api.ExecRequest{Session: session, Command: command, Raw: true, Pipe: true, Queue: true})
	if err != nil {
		return err
	}
	a.status = statusOf(&r.Block)
	a.note(r)
	return a.renderRaw(r)
}
