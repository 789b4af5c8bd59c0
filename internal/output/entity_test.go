package output

import (
	"reflect"
	"strings"
	"testing"
)

func TestEntitiesAreWhatAnOutputNames(t *testing.T) {
	exit := 1
	r := Reduce(Input{Command: "./serve", Exit: &exit, Bytes: []byte("server v1.4.2 (pid 4711) starts, see https://example.com/docs.\r\n" +
		"config ./etc/app.toml:12: bad key\r\nlistening on 127.0.0.1:8080\r\nerror: listen tcp :9090: bind: address already in use\r\n")})
	want := []Entity{{"version", "v1.4.2"}, {"pid", "4711"}, {"url", "https://example.com/docs"}, {"path", "./etc/app.toml"}, {"port", "8080"}}
	if !reflect.DeepEqual(r.Entities, want) {
		t.Errorf("%v, want %v", r.Entities, want)
	}
	if len(r.Next) != 1 || r.Next[0].Command != "ss -ltnp 'sport = :9090'" {
		t.Errorf("next: %v", r.Next)
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
		{"npm start", "npm error Missing script: \"start\"\n", "npm run"},
		{"cargo test", "---- tests::adds stdout ----\n\nthread 'tests::adds' panicked at src/lib.rs:3:5:\nassertion failed\n\ntest result: FAILED. 0 passed; 1 failed\n", "cargo test tests::adds -- --exact"},
	} {
		r := reduceText(c.command, 1, c.text)
		found := false
		for _, n := range r.Next {
			found = found || n.Command == c.next && n.Reason != ""
		}
		if !found {
			t.Errorf("%s: next is %v, want %q", c.command, r.Next, c.next)
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
