// Package keeper is the small process that holds what must outlive the daemon: the
// masters of the terminals, the listening socket, and the exit status of programs
// whose daemon died.
//
// It parses nothing that a program wrote. It starts the daemon, starts it again when
// it dies, hands everything it holds to the new one, and carries out an upgrade: the
// daemon ends itself, the new binary is started, and the old one again if the new one
// is not ready in time. Its protocol is docs/keeper.md and never changes: a keeper
// lives as long as the sessions do, through any number of upgrades.
//
// Run is the keeper; Client is the daemon's end. What to do with the terminals is the
// daemon's business.
package keeper
