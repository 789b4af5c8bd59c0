// Command ai-session is the terminal that agents work in and people watch over: its
// command line.
package main

import (
	"context"
	"os"

	"github.com/ai-session/ai-session/internal/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), os.Args[1:]))
}
