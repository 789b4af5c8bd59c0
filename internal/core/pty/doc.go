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
// not our child is noticed within a second. The Windows part (ConPTY) compiles and
// is unproven: its reads hold a buffer and block a thread, there are no foreground
// groups and no terminal modes to ask for.
//
// It does not look at the bytes. Sessions are in core/session, the keeping of
// terminals over a daemon's death in the keeper.
package pty
