// Package vt is a terminal without a window: bytes go in, a screen comes out.
//
// Write takes whatever a program printed, in pieces cut anywhere, and never
// fails, blocks, panics or takes more than linear time; memory stays below the
// screen plus the scrollback cap. The state after a stream does not depend on
// how it was cut. Answers to queries are collected and handed out by Replies.
// Encoders turn the state into plain text, into bytes that restore it on another
// terminal, into JSON and into a versioned snapshot that Restore reads back.
//
// There is no goroutine, no clock and no file in here, and a Terminal is not safe
// for concurrent use: its owner has the lock, the timers (the bound on
// synchronized output, for one) and the pty.
//
// # 8-bit controls
//
// Input is UTF-8. Bytes 0x80-0x9f are continuation bytes and never C1 controls;
// the code points U+0080-U+009F are dropped without effect, as tmux, kitty and
// alacritty do and xterm does not: a filter that removes ESC must have removed
// every sequence. Replies are always in 7-bit form; S8C1T is accepted and ignored.
package vt
