// Command bench measures ai-session beside what it replaces.
//
// Each row is one thing people do, done by ai-session, by tmux in the ways its
// users do it, and by a floor: the same work on a terminal that nobody manages. All
// of them take turns within one run, so that a noisy moment of the machine hits all
// alike and a ratio means something where a time does not. A row's bar is what the
// project asks of itself; an answer that is not exact counts as a failure whatever
// its time, and makes the program's exit status 1. A missed bar does not: it is
// printed.
//
// It uses a daemon, a tmux server and a home folder of its own and ends them by
// process number, after ^C as well. It reads /proc and runs on Linux alone. The
// benchmarks of single packages stay with their packages.
package main
