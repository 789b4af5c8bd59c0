// Package shell is prompt marks: what a living shell is given so that it says
// where a command begins and ends, and the reader that takes those words out of
// its output again.
//
// A Kit prepares one shell (argv, environment, hook files in a private folder) and
// then one exec at a time: the command's bytes go into a file of a new name, and a
// single short line is typed. The shell answers with marks, written to /dev/tty so
// that no redirection can swallow them:
//
//	ESC ] 7701 ; C ; secret BEL                                the command begins
//	ESC ] 7701 ; E ; secret BEL                                its output ends (only where noise may follow)
//	ESC ] 7701 ; D ; secret;status;pipes;opts;flags;cwd BEL    it ended
//	ESC ] 7701 ; P ; secret;status;opts BEL                    a prompt is drawn (part of the prompt string)
//
// The secret is typed with the trigger and lives in an unexported shell variable; it
// is never in a file, and of what goes to /dev/tty no program can read anything
// back. Files hold only its digest, the token. So a program that has read every file
// there is still cannot print a D that is believed, and what a Kit leaves on disk
// for its successor gives nothing away.
//
// D is printed by the typed line itself, behind the command, before the user's prompt
// hooks run. If the command was thrown away together with its line (^C, an error that
// aborts) the prompt hook prints it; if the hook is gone, P in the prompt string still
// carries the status. How a caller reads them, for the token of the open exec:
//
//	C            output from here; a second C is not looked at
//	D            done
//	P before D   done without a cwd, once the shell waits for input: tell Clobbered.
//	             Without C nothing of the command ran: a syntax error under xtrace, or
//	             a hook removed by hand; type Rearm, then the exec may be tried once more
//	P after D    the next line may be typed; it need not be waited for, and does not come
//	             while the shell's stderr is redirected
//
// Guaranteed: a Scanner passes every byte that is not a verified mark, in order,
// however the stream was cut; the user's rc files run once, in their own order; the
// prompt stays his; nothing of ours is in the environment of his programs, but for the
// names of a few variables while allexport is on, and PROMPT_COMMAND in what the rc
// files of a bash login shell start.
//
// errexit and nounset are held back between execs and travel in Opts: at the shell's
// own prompt they are off, in the next exec they are on, in a subshell (Classify).
//
// What no hook can do here: the POSIX shells have no pipe status and list no functions,
// so functions defined in an isolated exec are lost there, and errexit that a sourced
// script turns on ends their session, and zsh's; a shell function of the user's named
// unset and one named builtin together; secrets hidden from a command that itself asks
// the shell for its variables, or that redirects the output of ash, which echoes there
// what is typed.
//
// PowerShell's hook is written to its documentation and has not been run yet.
//
// It starts no process and keeps no journal. Whether the shell is idle, whether a
// trigger may be typed and what a silence means is decided by core/session.
package shell
