package session

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sshHost starts a server of its own on this machine and returns the command that opens a
// shell there: without anybody's rc files, in an empty folder.
func sshHost(t *testing.T) string {
	t.Helper()
	program := "/usr/sbin/sshd" // it insists on its full path
	for _, p := range []string{program, "/usr/bin/ssh", "/usr/bin/ssh-keygen"} {
		if _, err := os.Stat(p); err != nil {
			t.Skipf("%s is not installed here", p)
		}
	}
	if os.Getuid() == 0 {
		if _, err := os.Stat("/run/sshd"); err != nil {
			t.Skip("there is no /run/sshd, which the server of root needs")
		}
	}
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"host", "user"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file(name)).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().(*net.TCPAddr)
	l.Close()
	write := func(name, text string) {
		if err := os.WriteFile(file(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("sshd", fmt.Sprintf("ListenAddress %s\nHostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPidFile none\nSetEnv HOME=%s SHLVL=2\n",
		addr, file("host"), file("user.pub"), dir)) // the shell of whoever runs this reads no rc file: bash would, at its first level
	write("ssh", fmt.Sprintf("Host there\n HostName 127.0.0.1\n Port %d\n IdentityFile %s\n StrictHostKeyChecking no\n UserKnownHostsFile %s\n LogLevel ERROR\n",
		addr.Port, file("user"), file("known")))
	var log bytes.Buffer
	server := exec.Command(program, "-D", "-e", "-f", file("sshd"))
	stderr, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Process.Kill(); server.Wait() })
	for buf := make([]byte, 4096); !strings.Contains(log.String(), "listening"); {
		n, err := stderr.Read(buf)
		log.Write(buf[:n])
		if err != nil {
			t.Skipf("no ssh server runs here: %s", log.String())
		}
	}
	if out, err := exec.CommandContext(within(t), "ssh", "-F", file("ssh"), "there", "true").CombinedOutput(); err != nil {
		t.Skipf("nobody can log in here: %v %s", err, out)
	}
	return fmt.Sprintf("ssh -t -F %s there 'cd %s; exec env -i HOME=%s PATH=\"$PATH\" TERM=xterm LC_ALL=C.UTF-8 bash --norc'", file("ssh"), dir, dir)
}
