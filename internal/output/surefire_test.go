package output

import "testing"

func TestSurefireNamesItsTests(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"[ERROR] com.example.CartTest.total -- Time elapsed: 0.012 s <<< FAILURE!", "com.example.CartTest.total"},
		{"[ERROR] com.example.CartTest.total(int)[1] -- Time elapsed: 0.012 s <<< ERROR!", "com.example.CartTest.total"},
		{"[ERROR] total(com.example.CartTest)  Time elapsed: 0.012 s  <<< FAILURE!", "com.example.CartTest.total"},
		{"[ERROR] labelOfNull  Time elapsed: 0.072 s  <<< ERROR!", "labelOfNull"},
		{"[ERROR] even{int}[2]  Time elapsed: 0 s  <<< FAILURE!", "even"},
		{"[ERROR] Tests run: 3, Failures: 1, Errors: 1, Skipped: 1, Time elapsed: 0.061 s <<< FAILURE! -- in com.example.CartTest", ""},
		{"[ERROR] Tests run: 3, Failures: 1, Time elapsed: 0.061 s <<< FAILURE!", ""},
		{"com.example.CartTest.total -- Time elapsed: 0.012 s <<< FAILURE!", ""},
		{"[ERROR] <<< FAILURE!", ""},
	} {
		if got, _ := surefireName(c.line); got != c.want {
			t.Errorf("%q is the test %q, want %q", c.line, got, c.want)
		}
	}
}

// A test's finding has its name, the message and the place, once.
func TestFindingsOfTestsAreNamed(t *testing.T) {
	for _, c := range []struct{ command, text, file, name, message string }{
		{"mvn test", "[ERROR] com.example.CartTest.total -- Time elapsed: 0.012 s <<< FAILURE!\norg.opentest4j.AssertionFailedError: expected: <42> but was: <41>\n" +
			"\tat org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:55)\n\tat com.example.CartTest.total(CartTest.java:17)\n[INFO] BUILD FAILURE\n",
			"CartTest.java", "com.example.CartTest.total", "org.opentest4j.AssertionFailedError: expected: <42> but was: <41>"},
		{"dotnet test", "  Failed Shop.CartTests.Total [4 ms]\n  Error Message:\n   Assert.Equal() Failure\n  Stack Trace:\n     at Shop.CartTests.Total() in /w/CartTests.cs:line 18\n" +
			"\nFailed!  - Failed:     1, Passed:    27\n", "/w/CartTests.cs", "Shop.CartTests.Total", "Assert.Equal() Failure"},
		{"docker build .", "#8 [5/5] RUN npm run build\n#8 2.841 src/app.ts(14,7): error TS2322: no number\n#8 ERROR: process did not complete successfully: exit code: 2\n",
			"src/app.ts", "TS2322", "no number"},
	} {
		n := 0
		r := reduceText(c.command, 1, c.text)
		for _, f := range r.Findings {
			if f.File == c.file && f.Name == c.name && f.Message == c.message && f.Line > 0 {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s: %+v", c.command, r.Findings)
		}
	}
}
