package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// A password that is sent over HTTP reaches the program and is nowhere else: in no file of
// the daemon, not as a hash, and in no answer.
func TestPasswordGoesToTheTerminalAlone(t *testing.T) {
	const secret = "hunter2-öäü"
	l := newLab(t)
	l.create()
	if _, asks := l.ask("POST", "/v1/sessions/dev/exec", `{"command":"read -rsp 'Password: ' p; echo; printf %s \"$p\" | sha256sum"}`); !strings.Contains(asks, `"kind":"password"`) {
		t.Fatalf("%s", asks)
	}
	body := `{"text":"` + secret + `","keys":["Enter"],"until":{"for":"exit"}}`
	for range 2 { // once for the key's sake
		res, said := l.ask("POST", "/v1/sessions/dev/send", body, "Idempotency-Key", "login")
		sum := sha256.Sum256([]byte(secret))
		if !strings.Contains(said, hex.EncodeToString(sum[:])) || strings.Contains(said, secret) {
			t.Errorf("%s: %s", res.Status, said)
		}
	}
	// What stands in for a request must not help to guess it.
	guess := fingerprint(api.Send.Spec(), "/v1/sessions/dev/send", &api.SendRequest{
		Session: "dev", Text: secret, Keys: []string{"Enter"}, Until: &api.Until{For: "exit"},
	})
	for _, dir := range []string{l.home, l.dir} {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			if bytes.Contains(b, []byte(secret)) || bytes.Contains(b, []byte(guess)) {
				t.Errorf("%s holds it", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	for _, path := range []string{
		"/v1/sessions", "/v1/sessions/dev", "/v1/sessions/dev/blocks", "/v1/sessions/dev/screen?format=json&history=-1",
		"/v1/sessions/dev/context", "/v1/output?ref=dev", "/v1/output/raw?ref=dev", "/v1/events", "/metrics",
		"/v1/search?query=hunter2", "/sessions/dev/output",
	} {
		res, said := l.ask("GET", path, "")
		if res.StatusCode != 200 || strings.Contains(said, "hunter2-") {
			t.Errorf("%s: %s %s", path, res.Status, said)
		}
	}
}

// The key of a request that types something is compared with all of it, as long as the
// daemon that took it lives.
func TestKeyOfInputBelongsToThatInput(t *testing.T) {
	dir := t.TempDir()
	print := func(text string) (string, string) {
		req := &api.SendRequest{Session: "dev", Text: text}
		return fingerprint(api.Send.Spec(), "/x", withoutInput(req)), fingerprint(api.Send.Spec(), "/x", req)
	}
	one, whole := print("one")
	r := openReplays(dir)
	if _, first, err := r.begin("k", one, whole); !first || err != nil {
		t.Fatal(first, err)
	}
	two, other := print("two")
	if _, _, err := r.begin("k", two, other); api.CodeOf(err) != api.KeyReused {
		t.Errorf("another text under the key: %v", err)
	}
	if _, first, err := openReplays(dir).begin("k", one, whole); first || err != nil {
		t.Errorf("after a restart: %v, %v", first, err)
	}
}
