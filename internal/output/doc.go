// Package output reads what a command wrote for an agent: block in, report out.
//
// Reduce is a pure function of the command, its exit status and its bytes. Every line
// of the output is accounted for: it is shown as it was written, folded under a count
// with the reference that opens it, or left out as noise that its tool is known to
// print. A line that no rule knows stays. The exit status is part of what is read: a
// command that failed never gets a text that reads as success, and when nothing in its
// output explains the failure, its last lines are shown as they are.
//
// A reader knows one tool; it is one file, and reader.go says what it consists of.
// The work is linear in the bytes, and outputs beyond a few megabytes are sieved as
// they are drawn, so that memory stays bounded.
//
// It runs nothing, keeps nothing and asks nobody. Which block came before, and what
// opens a reference, is its caller's knowledge.
package output
