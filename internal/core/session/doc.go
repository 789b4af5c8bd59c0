// Package session is one running terminal: a program on a pseudo-terminal, its
// journal, its screen, and the commands run in its shell.
//
// A Session is built from a pty, a journal and, for a shell with a hook, a kit;
// fresh or re-opened, the same way. Bytes flow one way: the reader takes them from
// the pty, our own marks are taken out, the rest goes into the journal, then to the
// screen, then to whoever watches. Where a locale is not UTF-8 they become text behind
// the journal, which keeps them as they were. So the screen is a function of the journal's
// frames, and a block is a range of offsets in it, never a copy.
//
// Exec never types a command and never guesses an end. Its states:
//
//	booting ──P──> ready ──trigger──> armed ──C──> running ──D──> ending ──P──> ready
//	                 ^                  │             │
//	                 └──P without C─────┘             └─P, shell idle──> ready (d_lost)
//
// and from anywhere, by waitpid, dead. C, D and P are marks that carry a token
// (core/shell). While somebody's half-typed line is on the terminal nothing is
// typed behind it: exec answers busy, or waits when told to queue.
//
// One mutex guards a session and is held for one chunk of output at most; nothing
// waits under it. The Manager holds many sessions and knows their names.
package session
