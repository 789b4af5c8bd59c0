package output

// readers are all there are, the more particular ones first: when a line belongs to
// two, the first decides about it.
var readers = []*reader{
	coverage, junit, ginkgo, goTest, goBuild, goProgram, deno, bun, playwright, cypress, vitest, jest, mocha, rspec, minitest, phpunit, jasmine, cucumber, ava, bats, tap, shunit, busted, checks, pytest, unittest, monorepo, cargo, swift, cmake, makeReader, cc, npm, pip, python,
	tsc, bundler, biome, formatter, eslint, shellcheck, linters, maven, gradle, dotnet, javac, java, node, ruby, php, perl, elixir, ocaml,
	valgrind, sanitizer, gdb, strace, apt, debian, curl, transfer, ffmpeg, container, kubectl, terraform, ansible,
	ps, sqlTable, usage, accessLog,
	gitStatus, gitBlame, gitLog, gitDiff, git, paths, ls, tree, grep, source,
}
