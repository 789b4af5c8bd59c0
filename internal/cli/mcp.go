package cli

import (
	"github.com/spf13/cobra"
)

// mcp is carried out by the daemon's program, which links the protocol. It takes this
// one's place, so that the model's client talks to one process.
func (a *app) mcp() *cobra.Command {
	var tools, fixtures string
	c := &cobra.Command{
		Use: "mcp", Short: "Serve a model's client on standard input (Model Context Protocol)",
		Example: "  ai-session mcp --tools full", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			args := []string{"mcp", "--tools", tools}
			if a.server != "" {
				args = append(args, "--server", a.server)
			}
			if fixtures != "" {
				args = append(args, "--conformance-fixtures", fixtures)
			}
			return replaceBy("ai-sessiond", args)
		},
	}
	c.Flags().StringVar(&tools, "tools", "core", "which tools: core, full, or compat with the original's names")
	c.Flags().StringVar(&fixtures, "conformance-fixtures", "", "serve the conformance suite's fixtures on HOST:PORT instead")
	c.AddCommand(a.mcpInstall(), a.mcpUninstall())
	return c
}
