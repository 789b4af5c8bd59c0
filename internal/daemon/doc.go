// Package daemon builds the parts, binds each operation to one, and owns their
// lifetime.
//
// A Daemon is an api.Caller: whoever can reach it, over HTTP or inside the same
// program, can do exactly what the operation table lists. Every operation is bound
// once, in bind.go; a test walks the table.
//
// It listens to nothing itself; httpapi does.
package daemon
