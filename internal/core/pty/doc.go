// Package pty runs a process on a pseudo-terminal.
//
// A process's end is known from the kernel's notice of it, never from the end of
// the output: a grandchild can hold the terminal for hours. Waiting for output
// holds no buffer, waiting for the end no thread. A program that stops reading
// stops nobody but its own writer. Kill takes the whole tree and names what is
// left. Probe says what a quiet program waits for, with the evidence, and names
// what it was not allowed to see.
//
// Linux has all of it. On other unixes Probe knows only the terminal's modes and
// the foreground group, QueuedInput is unknown, and the end of a process that is
// not our child is noticed within a second. On Windows the terminal is a
// pseudo-console (ConPTY), which knows neither foreground groups nor terminal modes nor
// signals but ^C; the tree is a job; reading holds a buffer, and waiting for the end a
// thread. Its tests ran under Wine 8, which resizes no console and where ^C
// ends every program; no Windows has run it.
//
// It does not look at the bytes. Sessions are in core/session, the keeping of
// terminals over a daemon's death in the keeper.
package pty
