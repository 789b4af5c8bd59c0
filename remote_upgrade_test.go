package aisession_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// elsewhere is another machine, as the daemon sees it.
type elsewhere struct {
	url, token string
	client     http.Client
}

// fromElsewhere has a daemon of the test's own serve other machines.
func fromElsewhere(t *testing.T) *elsewhere {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there is no keeper")
	}
	root := shortDir(t)
	t.Setenv("AI_SESSION_HOME", filepath.Join(root, "h"))
	said(t, "config", "set", "server.listen", "127.0.0.1:0")
	daemonBelow(t, root)
	e := &elsewhere{token: strings.TrimSpace(said(t, "token", "create", "elsewhere", "--scope", "read,admin"))}
	found := regexp.MustCompile(`url=(https://\S+)`).FindStringSubmatch(said(t, "logs"))
	if found == nil {
		t.Fatal("the log names no address")
	}
	e.url = found[1]
	// The certificate is not what is tested here.
	e.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(e.client.CloseIdleConnections)
	return e
}

// said is what a command line prints.
func said(t *testing.T, args ...string) string {
	t.Helper()
	var problem bytes.Buffer
	c := exec.Command("ai-session", args...)
	c.Stderr = &problem
	out, err := c.Output()
	if err != nil {
		t.Fatalf("ai-session %s: %v %s", strings.Join(args, " "), err, &problem)
	}
	return string(out)
}

// ask makes one request and reads its answer.
func (e *elsewhere) ask(method, path string, answer any) error {
	r, err := http.NewRequest(method, e.url+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+e.token)
	res, err := e.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, path, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(answer)
}

// connects opens one connection after the other until done is closed, and tells of the
// first that was refused. Each says what is no TLS and is closed by the daemon: closed from
// here, they would use up the ports of a fast machine.
func (e *elsewhere) connects(done <-chan struct{}) error {
	for {
		select {
		case <-done:
			return nil
		default:
		}
		c, err := net.Dial("tcp", strings.TrimPrefix(e.url, "https://"))
		if err != nil {
			return err
		}
		io.WriteString(c, "hello\r\n\r\n")
		io.Copy(io.Discard, c)
		c.Close()
	}
}

// Whoever was told of an upgrade is answered by the next daemon from then on, and no
// connection is refused meanwhile.
func TestOtherMachinesWaitForTheNextDaemonAtAnUpgrade(t *testing.T) {
	e := fromElsewhere(t)
	done, refused := make(chan struct{}), make(chan error, 1)
	go func() { refused <- e.connects(done) }()
	for range 5 {
		var up api.UpgradeResult
		if err := e.ask(http.MethodPost, "/v1/upgrade", &up); err != nil {
			t.Fatal(err)
		}
		var st api.Status
		if err := e.ask(http.MethodGet, "/v1/status", &st); err != nil {
			t.Fatal(err)
		}
		if st.Generation != up.Generation+1 {
			t.Errorf("generation %d hands over, generation %d answers", up.Generation, st.Generation)
		}
	}
	close(done)
	if err := <-refused; err != nil {
		t.Error(err)
	}
}

// So it is when a daemon is killed.
func TestOtherMachinesWaitForTheNextDaemonAfterAKill(t *testing.T) {
	e := fromElsewhere(t)
	done, refused := make(chan struct{}), make(chan error, 1)
	go func() { refused <- e.connects(done) }()
	for range 3 {
		var was, is api.Status
		if err := e.ask(http.MethodGet, "/v1/status", &was); err != nil {
			t.Fatal(err)
		}
		if err := crashProcess(was.PID); err != nil {
			t.Fatal(err)
		}
		e.client.CloseIdleConnections() // they were the last daemon's
		if err := e.ask(http.MethodGet, "/v1/status", &is); err != nil {
			t.Fatal(err)
		}
		if is.Generation != was.Generation+1 {
			t.Errorf("generation %d was killed, generation %d answers", was.Generation, is.Generation)
		}
	}
	close(done)
	if err := <-refused; err != nil {
		t.Error(err)
	}
}
