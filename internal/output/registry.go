package output

// readers are all there are, the more particular ones first: when a line belongs to
// two, the first decides about it.
var readers = []*reader{
	goTest, goBuild, vitest, jest, mocha, pytest, unittest, cargo, cmake, makeReader, cc, npm, pip, python,
	gitStatus, gitLog, gitDiff, git, paths, ls, tree,
}
