package embedded

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"syscall"

	"github.com/ai-session/ai-session/api"
)

// guardScript waits for the end of its standard input, which comes when this program is
// gone, and ends every process that carries the owner's mark. A program that was
// killed cannot do it itself, and what left its terminal hears no hang-up.
const guardScript = `read -r x
for f in /proc/[0-9]*/environ; do
	if tr '\0' '\n' <"$f" 2>/dev/null | grep -qx "AI_SESSION_OWNER=$0"; then
		p=${f#/proc/}
		kill -9 "${p%/environ}" 2>/dev/null
	fi
done`

// guardTree starts the guard. Closing it lets it find nothing.
func guardTree() (io.Closer, string, error) {
	var b [8]byte
	rand.Read(b[:])
	owner := hex.EncodeToString(b[:])
	r, w, err := os.Pipe()
	if err != nil {
		return nil, "", err
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", guardScript, owner)
	cmd.Stdin, cmd.Dir, cmd.Env = r, "/", []string{"PATH=/usr/bin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a ^C at the program is not for it
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, "", api.Errorf(api.CannotStart, "the guard of the process tree: %v", err).WithCause(err)
	}
	go cmd.Wait()
	return w, owner, nil
}
