package daemon

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/persistence/index"
)

// doctor looks at what the sessions rest on.
func (d *Daemon) doctor(ctx context.Context, req *api.DoctorRequest) (*api.Diagnosis, error) {
	x := &examination{Diagnosis: api.Diagnosis{Checks: []api.Check{}}}
	x.keeper(d)
	x.scratch(d.c.Paths.Scratch)
	x.system(d)
	x.shells()
	x.store(d)
	x.index(ctx, d.index, req.RebuildIndex)
	return &x.Diagnosis, nil
}

type examination struct{ api.Diagnosis }

func (x *examination) say(name, status, detail, fix string) {
	x.Checks = append(x.Checks, api.Check{Name: name, Status: status, Detail: detail, Fix: fix})
}

func (x *examination) keeper(d *Daemon) {
	switch {
	case runtime.GOOS == "windows":
		x.say("keeper", "warn", "a pseudo-console ends with its process: sessions end with the daemon", "")
	case d.vault == nil:
		x.say("keeper", "warn", "none: sessions end with the daemon", "put ai-session beside ai-sessiond, then ai-session stop")
	case runtime.GOOS == "darwin":
		x.say("keeper", "ok", fmt.Sprintf("pid %d; the exit status of a program that ends after its daemon crashed stays unknown", d.vault.now().Welcome().PID), "")
	default:
		x.say("keeper", "ok", fmt.Sprintf("pid %d holds the terminals", d.vault.now().Welcome().PID), "")
	}
}

// index reads the index of commands, or has it made again.
func (x *examination) index(ctx context.Context, ix *index.Index, rebuild bool) {
	if rebuild {
		b, err := ix.Rebuild(ctx)
		if err != nil {
			x.say("index", "fail", err.Error(), "free space, then again; nothing depends on it")
			return
		}
		x.say("index", "ok", fmt.Sprintf("made again from %s of %d journals in %s: %d commands",
			api.Bytes(b.Bytes), b.Sessions, b.Took.Round(time.Millisecond), b.Commands), "")
		return
	}
	c, err := ix.Check(ctx)
	if err != nil {
		x.say("index", "warn", err.Error(), "ai-session doctor --rebuild-index")
		return
	}
	x.say("index", "ok", fmt.Sprintf("%d commands of %d sessions", c.Commands, c.Sessions), "")
}

// scratch is where commands are written before each exec.
func (x *examination) scratch(dir string) {
	if inMemory(dir) {
		x.say("scratch", "ok", dir+" is in memory", "")
		return
	}
	if runtime.GOOS != "linux" {
		x.say("scratch", "ok", dir+"; this system has no folders in memory", "")
		return
	}
	x.say("scratch", "warn", dir+" is on a disk: every exec writes there", "set XDG_RUNTIME_DIR to a folder on tmpfs")
}

// shells are those that exec knows, by their programs.
func (x *examination) shells() {
	names := []string{"bash", "zsh", "fish", "dash", "sh"}
	if runtime.GOOS == "windows" {
		names = []string{"pwsh", "powershell", "bash"}
	}
	var found, missing []string
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			found = append(found, path)
		} else {
			missing = append(missing, name)
		}
	}
	status := "ok"
	if len(found) == 0 {
		status = "fail"
	}
	detail := cmp.Or(strings.Join(found, ", "), "none that exec knows")
	if len(missing) > 0 {
		detail += " (not here: " + strings.Join(missing, ", ") + ")"
	}
	x.say("shells", status, detail, "")
}

// lowSpace is where a disk is called nearly full.
const lowSpace = 1 << 30

func (x *examination) store(d *Daemon) {
	st := d.status()
	if st.Storage.Degraded != "" {
		x.say("storage", "fail", st.Storage.Degraded, "free space; running programs go on meanwhile")
		return
	}
	free, known := freeSpace(d.c.Paths.Data)
	switch {
	case !known:
		x.say("storage", "ok", d.c.Paths.Data, "")
	case free < lowSpace:
		x.say("storage", "warn", fmt.Sprintf("%s has %s left", d.c.Paths.Data, api.Bytes(free)), "free space, or set storage.total lower")
	default:
		x.say("storage", "ok", fmt.Sprintf("%s, %s left", d.c.Paths.Data, api.Bytes(free)), "")
	}
	if k := d.ring.report(); k != nil {
		status := "ok"
		if !k.Open || len(k.Problems) > 0 {
			status = "warn"
		}
		x.say("keys", status, fmt.Sprintf("%s, %d encrypted sessions; %s", k.Kind, k.Sessions, strings.Join(k.Problems, "; ")), "ai-session storage rotate --keys keyring")
	}
	info, err := os.Stat(d.c.Paths.Data)
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		x.say("privacy", "fail", d.c.Paths.Data+" is open to others", "chmod 700 "+d.c.Paths.Data)
	}
}
