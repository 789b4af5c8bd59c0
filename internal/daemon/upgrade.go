package daemon

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/session"
)

// preflightLimit bounds how long a new binary may take to look at our state.
const preflightLimit = 10 * time.Second

// upgrade hands the sessions to another binary, after that has shown that it can read
// them. The answer comes before it happens: whoever asks again is answered by
// the new daemon.
func (d *Daemon) upgrade(ctx context.Context, req *api.UpgradeRequest) (*api.UpgradeResult, error) {
	if d.vault == nil && runtime.GOOS == "windows" {
		return nil, api.Errorf(api.Unsupported, "sessions end with their daemon on Windows, and cannot be handed on").
			WithHint("ai-session stop ends them; the next command starts the daemon that is installed")
	}
	if d.vault == nil {
		return nil, api.Errorf(api.Unsupported, "this daemon was started without a keeper").
			WithHint("ai-session stop, and let the next command start it")
	}
	select {
	case <-d.serving: // else the keeper would take our word for the next one's
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	program := req.Program
	if program == "" {
		var err error
		if program, err = Program(); err != nil {
			return nil, err
		}
	}
	flight, err := d.preflight(ctx, program)
	if err != nil {
		return nil, err
	}
	if err := d.vault.now().Replace(program); err != nil {
		return nil, api.Errorf(api.CannotStart, "%v", err).WithCause(err)
	}
	if !flight.Remote {
		d.far.letGo() // it would find its address taken
	}
	if d.leaving != nil {
		d.leaving()
	}
	d.c.Log.Info("handing over", "to", program, "version", flight.Version)
	// Not before this answer is on its way.
	context.AfterFunc(ctx, func() { d.handover <- program })
	return &api.UpgradeResult{Program: program, From: d.c.Version, To: flight.Version, Generation: d.generation, Sessions: d.status().Sessions}, nil
}

// Preflight is what a binary says of the state it was shown.
type Preflight struct {
	Version string   `json:"version"`
	Errors  []string `json:"errors"`
	Remote  bool     `json:"remote"` // it takes up a listener for other machines; absent from binaries that do not
}

// preflight shows a binary the state of every session.
func (d *Daemon) preflight(ctx context.Context, program string) (*Preflight, error) {
	ctx, cancel := context.WithTimeout(ctx, preflightLimit)
	defer cancel()
	var state bytes.Buffer
	for _, s := range d.sessions.All() {
		b, err := s.State()
		if err != nil {
			return nil, err
		}
		state.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(b))))
		state.Write(b)
	}
	cmd := exec.CommandContext(ctx, program, "preflight")
	cmd.Stdin = &state
	out, err := cmd.Output()
	var p Preflight
	if err == nil {
		err = json.Unmarshal(out, &p)
	}
	if err != nil {
		return nil, api.Errorf(api.CannotStart, "%s did not pass its preflight: %v", program, err).
			WithHint("nothing was changed; is it an ai-sessiond?").WithCause(err)
	}
	if len(p.Errors) > 0 {
		return nil, api.Errorf(api.CannotStart, "%s cannot read %d of the sessions: %s", program, len(p.Errors), p.Errors[0]).
			WithHint("nothing was changed")
	}
	return &p, nil
}

// CheckState is the other side: it reads the state that preflight writes and says on w
// what it could not read.
func CheckState(r io.Reader, w io.Writer, version string) error {
	p := Preflight{Version: version, Errors: []string{}, Remote: true}
	for {
		var size [4]byte
		if _, err := io.ReadFull(r, size[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return json.NewEncoder(w).Encode(p)
			}
			return err
		}
		b := make([]byte, min(binary.LittleEndian.Uint32(size[:]), 64<<20))
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		if err := session.CheckState(b); err != nil {
			p.Errors = append(p.Errors, err.Error())
		}
	}
}

// BeforeHandOver has f called once it is certain that this daemon hands over and before
// anybody is told: whoever connects after that is the successor's. To be set before
// anything is served.
func (d *Daemon) BeforeHandOver(f func()) { d.leaving = f }

// Handover tells when to end in favour of another binary.
func (d *Daemon) Handover() <-chan string { return d.handover }

// HandOver lets go of every session without ending it, so that the next daemon finds
// all of it in the journals.
func (d *Daemon) HandOver() error {
	d.unindex()
	for _, err := range d.sessions.Release() {
		d.c.Log.Error("hand over", "err", err)
	}
	if err := d.contexts.close(); err != nil {
		d.c.Log.Error("hand over", "err", err)
	}
	d.c.Log.Info("handed over", "pid", os.Getpid())
	if err := d.store.Close(); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}
