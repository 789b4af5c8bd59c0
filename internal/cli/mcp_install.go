package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ai-session/ai-session/api"
)

// mcpClients are the models' clients we know, and where each keeps its servers.
var mcpClients = []string{"claude", "codex", "cursor", "vscode", "gemini"}

func (a *app) mcpInstall() *cobra.Command {
	show := false
	c := &cobra.Command{
		Use: "install " + strings.Join(mcpClients, "|"), Short: "Add ai-session to a model's client",
		Args: cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs), ValidArgs: mcpClients,
		RunE: func(_ *cobra.Command, args []string) error { return a.setMCP(args[0], true, show) },
	}
	c.Flags().BoolVar(&show, "print", false, "only print what would be added")
	return c
}

func (a *app) mcpUninstall() *cobra.Command {
	return &cobra.Command{
		Use: "uninstall " + strings.Join(mcpClients, "|"), Short: "Take ai-session out of a model's client",
		Args: cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs), ValidArgs: mcpClients,
		RunE: func(_ *cobra.Command, args []string) error { return a.setMCP(args[0], false, false) },
	}
}

// mcpServer is a server as most clients write it.
type mcpServer struct {
	Type    string   `json:"type,omitempty"`
	Command string   `json:"command"`
	Args    []string `json:"args"`
}

// serverName is ours among a client's servers.
const serverName = "ai-session"

func (a *app) setMCP(client string, install, show bool) error {
	home, self, err := homeAndSelf()
	if err != nil {
		return err
	}
	server := mcpServer{Command: self, Args: []string{"mcp"}}
	path := []string{"mcpServers", serverName}
	file := ""
	switch client {
	case "claude":
		file, server.Type = filepath.Join(home, ".claude.json"), "stdio"
	case "cursor":
		file = filepath.Join(home, ".cursor", "mcp.json")
	case "gemini":
		file = filepath.Join(home, ".gemini", "settings.json")
	case "vscode":
		file, server.Type, path[0] = filepath.Join(codeDir(home), "mcp.json"), "stdio", "servers"
	case "codex":
		return a.setCodex(filepath.Join(home, ".codex", "config.toml"), self, install, show)
	}
	value, err := plainJSON(server)
	if err != nil {
		return err
	}
	if show {
		return a.printJSON(file, path, value)
	}
	err = editJSON(file, path, func(json.RawMessage) (json.RawMessage, error) {
		if !install {
			return nil, nil
		}
		return value, nil
	})
	if err == nil {
		a.said(file, install)
	}
	return err
}

// printJSON shows what would be added, and where.
func (a *app) printJSON(file string, path []string, value json.RawMessage) error {
	fmt.Fprintln(a.stderr, file)
	var m jsonObject
	if err := m.edit(path, func(json.RawMessage) (json.RawMessage, error) { return value, nil }); err != nil {
		return err
	}
	flat, err := m.MarshalJSON()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, flat, "", "  "); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, b.String())
	return err
}

func (a *app) said(file string, install bool) {
	verb := "added to"
	if !install {
		verb = "taken out of"
	}
	fmt.Fprintf(a.stderr, "%s %s; restart the client\n", verb, file)
}

// codeDir is VS Code's folder of user settings.
func codeDir(home string) string {
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "Code", "User")
	case "windows":
		return filepath.Join(os.Getenv("APPDATA"), "Code", "User")
	}
	if dir := os.Getenv("XDG_CONFIG_HOME"); dir != "" {
		return filepath.Join(dir, "Code", "User")
	}
	return filepath.Join(home, ".config", "Code", "User")
}

// homeAndSelf are where clients keep their settings, and this program as they start it.
func homeAndSelf() (home, self string, err error) {
	if home, err = os.UserHomeDir(); err == nil {
		self, err = ownPath()
	}
	return home, self, err
}

// ownPath is this program, as others start it: they may have another PATH.
func ownPath() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", api.Errorf(api.Internal, "the path of this program: %v", err)
	}
	return self, nil
}

// The block in a TOML file that is ours. Its marks are comments, so that the rest of
// the file keeps its own.
const (
	tomlBegin = "# ai-session: begin\n"
	tomlEnd   = "# ai-session: end\n"
)

func (a *app) setCodex(file, self string, install, show bool) error {
	block := "[mcp_servers." + serverName + "]\ncommand = " + strconv.Quote(self) + "\nargs = [\"mcp\"]\n"
	if show {
		fmt.Fprintln(a.stderr, file)
		_, err := fmt.Fprint(a.stdout, block)
		return err
	}
	old, err := readSettings(file)
	if err != nil {
		return err
	}
	text, err := withoutBlock(string(old))
	if err != nil {
		return api.Errorf(api.Invalid, "%s: %v; it is left as it is", file, err)
	}
	if install {
		if strings.Contains(text, "[mcp_servers."+serverName+"]") {
			return api.Errorf(api.Exists, "%s has a server %s that was not added here", file, serverName)
		}
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		text += tomlBegin + block + tomlEnd
	}
	if err := writeSettings(file, []byte(text)); err != nil {
		return err
	}
	a.said(file, install)
	return nil
}

// withoutBlock takes our block out of a text.
func withoutBlock(text string) (string, error) {
	before, rest, found := strings.Cut(text, tomlBegin)
	if !found {
		return text, nil
	}
	_, after, ended := strings.Cut(rest, tomlEnd)
	if !ended {
		return "", fmt.Errorf("the block of ai-session has no end")
	}
	return before + after, nil
}
