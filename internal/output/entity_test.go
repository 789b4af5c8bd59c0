package output

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestEntitiesAreWhatAnOutputNames(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"server", "server v1.4.2 (pid 4711) starts, see https://example.com/docs.\n", "version v1.4.2, pid 4711, url https://example.com/docs"},
		{"places", "config ./etc/app.toml:12: bad key\nmain.go:3:7: undefined: x\na.ts(3,7): error TS1: no\n", "path a.ts, path ./etc/app.toml, path main.go"},
		{"ports", "listen tcp :9090: bind: address already in use\nlistening on 127.0.0.1:8080 and [::1]:8081\n--port=3000 PORT: 3001 on :80\n", "port 9090, port 8080, port 8081, port 3000, port 3001, port 80"},
		{"port of an address here", "ready on http://localhost:5173/ and http://example.com:8443/x\n", "url http://localhost:5173/, port 5173, url http://example.com:8443/x"},
		{"docker", "0.0.0.0:8080->80/tcp, 53/udp\n", "port 8080, port 53"},
		{"logs", "Jan  2 03:04:05 host sshd[812]: closed\n==99== Invalid read\nKilled process 4242 (java)\n", "pid 812, pid 99, pid 4242"},
		{"tables", "  PID TTY      TIME CMD\n  812 pts/0    0:00 bash\n 4711 pts/0    0:01 node\nPlease see 12 of them\n", "pid 812, pid 4711"},
		{"versions", "left-pad@1.3.0 six==1.16.0 go1.26.1 1.2.3-rc.1 node version 22.1\n", "version left-pad@1.3.0, version 1.16.0, version go1.26.1, version 1.2.3-rc.1, version 22.1"},
		{"paths", "open /etc/passwd: no\n--- src/a/b.c\nsee ~/.bashrc, \"../x/y.tar.gz\" and C:3\n", "path /etc/passwd, path src/a/b.c, path ~/.bashrc, path ../x/y.tar.gz"},
		{"one way in words", "File \"/srv/app.py\", line 3, in <module>\n", "path /srv/app.py"},
		{"twice", "/a/b.c /a/b.c\n/a/b.c\n", "path /a/b.c"},
		{"none", "3/4 done, and/or n/a 12:30:01 1.5s 99.5% 10.0.0.1 text/html 2026-01-02T03:04:05Z 5 of 9 ://\n", ""},
		{"escapes of glob and regex", "find *.go ^/x/$ a:b $HOME/x\n", ""},
		{"a log that begins with brackets", "[2026-01-02 10:00:00] GET /var/www/x.html\n", "path /var/www/x.html"},
	} {
		var got []string
		for _, e := range reduceText("./serve", 0, c.text).Entities {
			got = append(got, e.Kind+" "+e.Text)
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, s, c.want)
		}
	}
}

// What stands behind a reference is not named, what a note tells is, and no kind crowds
// the others out.
func TestEntitiesAreThoseInView(t *testing.T) {
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "GET /var/www/page%d.html took %d ms\n", i, i%7)
	}
	b.WriteString("served by pid 4711\n")
	r := reduceText("./serve", 0, b.String())
	kinds := map[string]int{}
	for _, e := range r.Entities {
		kinds[e.Kind]++
	}
	if kinds["path"] != maxEntities || kinds["pid"] != 1 {
		t.Errorf("%v", r.Entities)
	}
	again := Reduce(Input{Command: "./serve", Bytes: []byte("a /x/y.c\nb /x/z.c\nc\nd\ne\nf\ng\nh\ni\nj\n"), Ref: "@e1"})
	same := Reduce(Input{Command: "./serve", Bytes: []byte("a /x/y.c\nb /x/z.c\nc\nd\ne\nf\ng\nh\ni\nj\n"), Ref: "@e2", Prior: &Prior{Ref: "@e1", Digest: again.Digest}})
	if len(again.Entities) != 2 || !reflect.DeepEqual(again.Entities, same.Entities) {
		t.Errorf("%v, and of the same again %v", again.Entities, same.Entities)
	}
}

func TestNextStepsFitWhatHappened(t *testing.T) {
	for _, c := range []struct {
		command, text, next string
	}{
		{"git push", " ! [rejected]        main -> main (fetch first)\nerror: failed to push some refs to 'x'\n", "git pull --rebase"},
		{"git merge side", "CONFLICT (content): Merge conflict in a.txt\nAutomatic merge failed; fix conflicts and then commit the result.\n", "git diff --name-only --diff-filter=U"},
		{"python3 x.py", "Traceback (most recent call last):\n  File \"/w/x.py\", line 1, in <module>\n    import yaml\nModuleNotFoundError: No module named 'yaml'\n", "pip install yaml"},
		{"go test ./...", "--- FAIL: TestA/b_c (0.00s)\n    a_test.go:3: wrong\nFAIL\nFAIL\texample.com/a\t0.1s\n", "go test -run '^TestA$/^b_c$' ./..."},
		{"make", "a.c:3:7: error: 'x' undeclared\nmake: *** [Makefile:2: a.o] Error 1\n", "sed -n '1,13p' a.c"},
		{"foo", "bash: foo: command not found\n", "apt-cache search foo"},
		{"yarn build", "bash: yarn: command not found\n", "npm install --global yarn"},
		{"mypy .", "bash: line 1: mypy: command not found\n", "python3 -m pip install mypy"},
		{"npm ls", "npm error code ELSPROBLEMS\nnpm error missing: ms@2.1.3, required by yp@1.0.0\n", "npm install"},
		{"node --test", "✖ two (1.9ms)\n  Error: x\nℹ fail 1\n", "node --test --test-name-pattern 'two'"},
		{`'cd a && make'`, "bash: cd a && make: command not found\n", "cd a && make"},
		{`'echo '\''x y'\''; ls'`, "bash: echo 'x y'; ls: command not found\n", "echo 'x y'; ls"},
		{"npm start", "npm error Missing script: \"start\"\n", "npm run"},
		{"ctest --test-dir 'a b' -j2", "2/3 Test #2: bad ....***Failed    0.01 sec\n", "ctest --test-dir 'a b' -R '^bad$' --output-on-failure"},
		{"stylelint 'src/*.css'", "src/s.css\n  1:12  ✖  Expected \"#FFFFFF\" to be \"#FFF\"  color-hex-length\n\n✖ 1 problem (1 error, 0 warnings)\n  1 error potentially fixable with the \"--fix\" option.\n", "npx stylelint --fix 'src/*.css'"},
		{"npx eslint lib", "/w/lib/a.js\n  1:12  error  Missing semicolon  semi\n\n✖ 1 problem (1 error, 0 warnings)\n  1 error potentially fixable with the `--fix` option.\n", "npx eslint --fix lib"},
		{"python3 -m pytest -q", "/usr/bin/python3: No module named pytest\n", "/usr/bin/python3 -m pip install pytest"},
		{"python3 test_x.py -v", unittestFailure("test_b (__main__.T.test_b) (i=3)"), "python3 test_x.py T.test_b"},
		{"python3 -m unittest", unittestFailure("test_b (pkg.test_x.T.test_b) [deep] (i=3)"), "python3 -m unittest pkg.test_x.T.test_b"},
		{"python3 manage.py test shop", unittestFailure("test_b (shop.tests.T)"), "python3 manage.py test shop.tests.T.test_b"},
		{"kubectl get pods", "NAME    READY   STATUS             RESTARTS   AGE\nweb-1   0/1     CrashLoopBackOff   7          9m\n", "kubectl describe pod web-1"},
		{"kubectl get pods -A", "NAMESPACE   NAME    READY   STATUS             RESTARTS   AGE\nshop        web-1   0/1     CrashLoopBackOff   7          9m\n", "kubectl describe pod web-1 -n shop"},
		{"kubectl -n shop get nodes", "NAME     STATUS     ROLES    AGE   VERSION\nnode-1   NotReady   worker   9m    v1.30\n", "kubectl describe node node-1 -n shop"},
		{"kubectl get pods", "The connection to the server localhost:8080 was refused - did you specify the right host or port?\n", "kubectl config view --minify"},
		{"curl -s localhost:8099", "curl: (7) Failed to connect to localhost port 8099 after 0 ms: Couldn't connect to server\n", "ss -ltn 'sport = :8099'"},
		{"./run", "dial tcp 127.0.0.1:5432: connect: connection refused: fatal error\n", "ss -ltn 'sport = :5432'"},
		{"mvn -q -pl shop test", "[ERROR] com.example.CartTest.total -- Time elapsed: 0.012 s <<< FAILURE!\norg.opentest4j.AssertionFailedError: expected: <42> but was: <41>\n\tat com.example.CartTest.total(CartTest.java:17)\n[INFO] BUILD FAILURE\n", "mvn -pl shop test -Dtest='CartTest#total'"},
		{"mvn test", "[ERROR] sums(com.example.CartTest)  Time elapsed: 0.01 s  <<< ERROR!\njava.lang.IllegalStateException: no\n[INFO] BUILD FAILURE\n", "mvn test -Dtest='CartTest#sums'"},
		{"./gradlew check", "> Task :test FAILED\n\nCartTest > total() FAILED\n    java.lang.AssertionError: no\n        at com.example.CartTest.total(CartTest.java:17)\n\nBUILD FAILED in 4s\n", "./gradlew test --tests '*CartTest.total'"},
		{"ruff check src", "src/a.py:1:8: F401 [*] `os` imported but unused\nFound 1 error.\n[*] 1 fixable with the `--fix` option.\n", "ruff check --fix src"},
		{"dotnet test", "  Failed Shop.CartTests.Total(x: 1) [4 ms]\n  Error Message:\n   Assert.Equal() Failure\nFailed!  - Failed:     1, Passed:    27\n", "dotnet test --filter 'FullyQualifiedName~Shop.CartTests.Total'"},
		{"helm upgrade web . -n shop --wait", "Error: UPGRADE FAILED: timed out waiting for the condition\n", "kubectl get events --sort-by=.lastTimestamp -n shop"},
		{"kubectl describe pod web-1 -n shop", "Name:  web-1\nStatus:  Running\n    State:  Waiting\n      Reason:  CrashLoopBackOff\n", "kubectl logs web-1 -n shop --previous"},
		{"Rscript a.R", "Error in library(notthere) : there is no package called ‘notthere’\nExecution halted\n", "Rscript -e 'install.packages(\"notthere\")'"},
		{"cd app && X=1 python3 -m pytest -q", "FAILED test_m.py::test_b - assert 1 == 2\nFAILED test_m.py::test_p[3] - assert 3 < 3\n2 failed in 0.1s\n", "X=1 python3 -m pytest test_m.py::test_b 'test_m.py::test_p[3]'"},
		{"cargo test", "---- tests::adds stdout ----\n\nthread 'tests::adds' panicked at src/lib.rs:3:5:\nassertion failed\n\ntest result: FAILED. 0 passed; 1 failed\n", "cargo test tests::adds -- --exact"},
	} {
		exit := 1
		if strings.Contains(c.text, "not found") {
			exit = 127
		}
		r := reduceText(c.command, exit, c.text)
		found := false
		for _, n := range r.Next {
			found = found || n.Command == c.next && n.Reason != ""
		}
		if !found {
			t.Errorf("%s: next is %v, want %q", c.command, r.Next, c.next)
		}
	}
}

// unittestFailure is what Python's unittest prints of one test.
func unittestFailure(name string) string {
	return "F\n" + strings.Repeat("=", 70) + "\nFAIL: " + name + "\n" + strings.Repeat("-", 70) +
		"\nTraceback (most recent call last):\n  File \"/w/test_x.py\", line 6, in test_b\n    self.assertEqual(1, 2)\nAssertionError: 1 != 2\n\n" +
		strings.Repeat("-", 70) + "\nRan 1 test in 0.001s\n\nFAILED (failures=1)\n"
}

// A step that would lead astray is not proposed.
func TestNextStepsDoNotLeadAstray(t *testing.T) {
	for _, c := range []struct{ command, text, not string }{
		{"openssl s_client", "40D7:error:8000006F:system library:BIO_connect:Connection refused:../crypto/bio/b.c:117:calling connect()\n", "ss "},
		{"node x.js", "Error: connection refused\n    at f (server.js:88)\nerror: connection refused at server.js:88\n", "ss "},
		{"curl https://example.com", "curl: (7) Failed to connect to example.com port 443 after 9 ms: Couldn't connect to server\n", "ss "},
		{"./run", "dial tcp 203.0.113.9:5432: connect: connection refused: fatal error\n", "ss "},
		{"stylelint a.css", "a.css\n  1:12  ✖  Unexpected  no-x\n\n✖ 1 problem (1 error, 0 warnings)\n  1 error potentially fixable with the \"--fix\" option.\n", "npx eslint"},
		{"kubectl get pods -A", "NAMESPACE   NAME    READY   STATUS    RESTARTS   AGE\nshop        web-1   0/1     Pending   0          9m\n", "describe pod shop"},
		{"node --test", "✖ four (0.17ms) # TODO\n  Error: later\n✖ two (1.9ms)\n  Error: x\nℹ fail 1\n", "four"},
		{"kubectl describe pod web-1", "Name:  web-1\n    State:  Waiting\n      Reason:  CrashLoopBackOff\n", "describe pod Reason"},
		{"cat trace.txt", "python3: No module named pytest\n", "pip install"},
	} {
		for _, n := range reduceText(c.command, 1, c.text).Next {
			if strings.Contains(n.Command, c.not) {
				t.Errorf("%s: %q is proposed", c.command, n.Command)
			}
		}
	}
}

func TestLogsAreKnownByTheirNames(t *testing.T) {
	for name, want := range map[string]bool{
		"/var/log/x": true, "server.log": true, "server.log.1": true, "syslog": true, "build.out": true, "catalina": false, "logs": true,
		"logger.go": false, "login.py": false, "changelog.md": false, "CMakeLists.txt": false, "requirements-dev.txt": false, "out.txt": true, "blog.html": false,
	} {
		if got := isLogName(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestCommandsAreSeenThrough(t *testing.T) {
	for _, c := range []struct{ command, shown string }{
		{"go test ./...", "go"},
		{"cd x && CGO_ENABLED=0 go test ./... 2>&1 | tail -20", "go"},
		{"sudo -u me env A=1 timeout -k 5 10 make -j2", "make"},
		{"bash -c 'npm ci && npm test'", "npm npm"},
		{"npx --yes jest src", "jest"},
		{"python3 -m pytest -q", "pytest"},
		{"poetry run mypy .", "mypy"},
		{"x86_64-linux-gnu-gcc-12 -c a.c", "gcc"},
		{"/usr/bin/clang++-14 a.cc", "clang++"},
		{"grep -rn x . | head", "grep"},
		{"cat a | grep b", "cat"},
		{"for f in *; do cat $f; done", "cat"},
		{"time ./gradlew build", "gradle"},
		{"((", "(("},
	} {
		var names []string
		for _, x := range parseCommand(c.command).shown() {
			names = append(names, x.name)
		}
		if got := strings.Join(names, " "); got != c.shown {
			t.Errorf("%s shows %q, want %q", c.command, got, c.shown)
		}
	}
}
