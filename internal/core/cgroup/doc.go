// Package cgroup keeps a terminal's processes together in a cgroup of version 2.
//
// Nobody leaves a group by forking, by setsid(2) or by clearing the environment, and
// one write ends all that are in it, while they fork. There may be no such group to be
// had: without version 2, without the right to make one, or on another system than
// Linux. Then Make says "" and every other function does nothing.
//
// It sets no limits and moves nobody but the calling process.
package cgroup

// prefix begins the name of every terminal's group; what follows is the terminal's own.
const prefix = "ai-session-"
