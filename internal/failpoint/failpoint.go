// Package failpoint names the places where a test may kill this process.
//
// In a build without the tag failpoint, which is every build but that of one test, a
// place costs nothing: Here is empty. In a build with it, the process is killed by a
// signal that it cannot handle when it comes to a place that is armed, and the place is
// armed no more: the next process passes it.
//
// What must hold afterwards is said by the test that arms it.
package failpoint

// The places, each of which stands between two steps that a crash can tear apart.
const (
	Read       = "read"        // output was read; it is not in the journal
	Appended   = "appended"    // it is in the journal; no screen has it
	ExecStart  = "exec-start"  // a command's begin is in the journal; its trigger is not typed
	CommandEnd = "command-end" // the shell said that it ended; the journal does not
	ExecEnd    = "exec-end"    // the journal does; nobody was told
	Started    = "started"     // a session's program runs; the keeper has not got its terminal
	Held       = "held"        // it has; nobody was told of the session
)

// All are the places.
func All() []string {
	return []string{Read, Appended, ExecStart, CommandEnd, ExecEnd, Started, Held}
}
