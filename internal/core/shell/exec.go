package shell

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// ErrNUL says that a command holds a NUL byte, which no shell can read.
var ErrNUL = errors.New("command holds a NUL byte")

// Exec is one command to run.
type Exec struct {
	Command  []byte // any bytes but NUL, any size
	Stdin    []byte // what the command reads, if HasStdin; else the terminal
	HasStdin bool
	Pipe     bool   // stdout and stderr go into named pipes, see Prepared.Pipes; no stdin is an empty one
	History  bool   // put the command into the shell's history, where it has one
	Opts     string // Opts of the last D or P mark: decides isolation
	Clean    bool   // the last D or P mark had status 0: nothing need be put back into $?
}

// Prepared is an exec whose files are written.
type Prepared struct {
	Token    string    // its marks carry this
	Trigger  []byte    // the one line to type, CR included
	Pipes    [2]string // stdout's and stderr's, for Exec.Pipe: to be opened before Trigger is typed
	Isolated bool      // runs in a subshell: errexit or nounset must not end the session
	Echo     []byte    // what a terminal with ECHO and no line editor shows for Trigger
}

// Prepare writes the files of one exec; the one before must be finished. After an
// error nothing of it is left and nothing may be typed: the exec did not start.
func (k *Kit) Prepare(e Exec) (Prepared, error) {
	if bytes.IndexByte(e.Command, 0) >= 0 {
		return Prepared{}, ErrNUL
	}
	if k.unsaved {
		if err := k.writeTokens(); err != nil {
			return Prepared{}, fmt.Errorf("write token: %w", err)
		}
	}
	p := Prepared{Token: idOf(k.next)}
	name := strconv.Itoa(k.seq + 1)
	line, err := k.layOut(&p, e, name)
	if err != nil {
		k.single = false
		k.remove(name)
		return Prepared{}, fmt.Errorf("write command: %w", err)
	}
	k.seq++
	k.single = !e.HasStdin && !e.Pipe && !e.History && !p.Isolated && k.saved.Kind != Fish
	p.Trigger = append(line, '\r')
	p.Echo = append(bytes.Clone(line), '\r', '\n')
	k.open = p.Token
	return p, nil
}

// layOut writes what the kind of shell needs and returns the line to type.
func (k *Kit) layOut(p *Prepared, e Exec, name string) ([]byte, error) {
	if e.HasStdin {
		if err := k.write(name+stdinSuffix, e.Stdin); err != nil {
			return nil, err
		}
	}
	if e.Pipe {
		p.Pipes = [2]string{filepath.Join(k.dir, name+stdoutSuffix), filepath.Join(k.dir, name+stderrSuffix)}
		for _, path := range p.Pipes {
			if err := makePipe(path); err != nil {
				return nil, err
			}
		}
	}
	switch k.saved.Kind {
	case Fish:
		return k.layOutFish(e, name)
	case PowerShell:
		return k.layOutPowerShell(e, name)
	default:
		return k.layOutPosix(p, e, name)
	}
}

// Suffixes of an exec's files beside the numbered one that the trigger names.
const (
	userSuffix    = ".u" // the user's text, where it cannot stand behind the header
	stdinSuffix   = ".i"
	stdoutSuffix  = ".o" // named pipes
	stderrSuffix  = ".e"
	historySuffix = ".h"
	stateSuffix   = ".s" // what an isolated command's subshell has left
)

// Stdin is what the open exec was given to read, as its file has it.
func (k *Kit) Stdin() ([]byte, bool) {
	b, err := os.ReadFile(filepath.Join(k.dir, strconv.Itoa(k.seq)+stdinSuffix))
	return b, err == nil
}

// redirections are what stands behind the reading of the command's file.
func (k *Kit) redirections(e Exec, name string) string {
	var r string
	switch {
	case e.HasStdin:
		r = " <" + k.path(name+stdinSuffix)
	case e.Pipe:
		r = " </dev/null"
	}
	if e.Pipe {
		r += " >" + k.path(name+stdoutSuffix) + " 2>" + k.path(name+stderrSuffix)
	}
	return r
}

// Finish ends the open exec; its files are gone. Of p only the Token counts, so a
// successor finishes what it found with Prepared{Token: k.Open()}.
func (k *Kit) Finish(p Prepared) {
	if k.open != p.Token {
		return
	}
	k.remove(strconv.Itoa(k.seq))
	k.last, k.open = p.Token, ""
	// A full disk costs a successor the token of the idle prompt; Rearm shows it again.
	_ = k.writeTokens()
}

// Discard takes the open exec back: its trigger was not typed, or was not run, so the
// shell's prompt still shows the token of the one before. Of p only the Token counts.
func (k *Kit) Discard(p Prepared) {
	if k.open != p.Token {
		return
	}
	k.remove(strconv.Itoa(k.seq))
	k.open = ""
	_ = k.writeTokens() // or Prepare does
}

func (k *Kit) remove(name string) {
	name = filepath.Join(k.dir, name)
	if k.single {
		os.Remove(name)
		return
	}
	for _, suffix := range []string{"", userSuffix, stdinSuffix, stdoutSuffix, stderrSuffix, historySuffix, stateSuffix, stateSuffix + ".o"} {
		os.Remove(name + suffix)
	}
}
