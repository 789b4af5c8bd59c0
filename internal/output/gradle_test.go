package output

import "testing"

func TestKotlinPlaces(t *testing.T) {
	for _, c := range []struct {
		text, file string
		line, col  int
		message    string
	}{
		{"file:///w/app/src/A.kt:3:5 Unresolved reference: x", "/w/app/src/A.kt", 3, 5, "Unresolved reference: x"},
		{"/w/app/src/A.kt: (3, 5): Unresolved reference: x", "/w/app/src/A.kt", 3, 5, "Unresolved reference: x"},
		{"file:///w/build.gradle.kts:12:1: Expecting an element", "/w/build.gradle.kts", 12, 1, "Expecting an element"},
		{"daemon has ended", "", 0, 0, ""},
		{"/w/A.kt is read-only", "", 0, 0, ""},
	} {
		d, ok := kotlinPlace(c.text)
		if ok != (c.file != "") || ok && (d.file != c.file || d.line != c.line || d.col != c.col || d.message != c.message) {
			t.Errorf("%q is %+v, %v", c.text, d, ok)
		}
	}
}

// What stands below "* What went wrong:" is the finding, unless it only repeats that a task failed
// whose errors stand above.
func TestGradleSaysWhatWentWrong(t *testing.T) {
	const tail = "\n* Try:\n> Run with --scan to get full insights.\n\nBUILD FAILED in 1s\n"
	for _, c := range []struct{ text, message, file string }{
		{"FAILURE: Build failed with an exception.\n\n* What went wrong:\nTask 'biuld' not found in root project 'shop'.\n", "Task 'biuld' not found in root project 'shop'.", ""},
		{"FAILURE: Build failed with an exception.\n\n* Where:\nBuild file '/w/build.gradle' line: 6\n\n* What went wrong:\nCould not compile build file.\n> startup failed\n",
			"Could not compile build file. startup failed", "/w/build.gradle"},
		{"> Task :compileKotlin FAILED\ne: file:///w/A.kt:3:5 Unresolved reference: x\n\n* What went wrong:\nExecution failed for task ':compileKotlin'.\n", "Unresolved reference: x", "/w/A.kt"},
		{"> Task :lint FAILED\n\n* What went wrong:\nExecution failed for task ':lint'.\n> Lint found 3 errors\n", "Execution failed for task ':lint'. Lint found 3 errors", ""},
	} {
		r := reduceText("./gradlew build", 1, c.text+tail)
		if len(r.Findings) != 1 || r.Findings[0].Message != c.message || r.Findings[0].File != c.file {
			t.Errorf("%q: %+v, want %q", c.text, r.Findings, c.message)
		}
	}
}
