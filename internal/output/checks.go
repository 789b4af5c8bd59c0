package output

// checks reads what runs other tools one after the other and sums up: tox, nox and pre-commit.
// What the tools themselves say is for their readers.
var checks = &reader{
	kind:  "checks",
	tools: []string{"tox", "nox", "pre-commit", "prek"},
	signs: []string{"*......*Failed", "nox > Session * failed.", "~*: FAIL code # (*"},
	rules: parseRules(`
		noise                nox > Running session *
		error:check          nox > Session * failed.
		error:check          nox > Command * failed with exit code #*
		noise                nox > Ran multiple sessions:
		vital                nox > \* *: *
		noise                * run-test-pre: PYTHONHASHSEED=*
		error:check          ERROR: InvocationError for command *
		error:check          ERROR: ~*: commands failed
		vital                ~*: commands succeeded
		error:check          *: exit # (* seconds) *> * pid=#
		vital                ~*: FAIL code # (*
		vital                ~*: OK (*=setup[*
		noise                _____* summary ______*
		error:check          *......*Failed
		aside:passing_hooks  *......*Passed
		aside:skipped_hooks  *......*Skipped
		keep                 - hook id: *
		keep                 - exit code: #
		noise                - duration: *
		vital                - files were modified by this hook
	`),
}
