// Package cli is the operations as commands.
//
// A command's words, flags and help come from its operation's declaration; what is
// written by hand is how a result reads for people. stdout is the answer, stderr the
// talk, the exit status the truth: 0, 1 for an error, 2 for wrong usage, and for exec
// and wait the command's own status (123 unknown, 124 still running or waiting for
// somebody, 125 our own error).
//
// Starting up is most of what a command costs, so only the command that was asked
// for is built, and nothing of the daemon is linked. What needs more (serve) runs
// ai-sessiond.
package cli
