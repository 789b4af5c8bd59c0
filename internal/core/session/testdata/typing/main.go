// Typing is a program that reads its keyboard as an agent's terminal interface does:
// it tells typed keys from pasted ones by its own rule, and an Enter that it takes for a
// part of a paste is a line feed in the text and submits nothing.
//
//	typing RULE FILE
//
// What was submitted goes to FILE, one JSON string a line. The rules, from the sources
// and documents of the programs that have them:
//
//	burst   Codex CLI (tui, paste_burst): three and more characters that come within
//	        8 ms of each other are a paste; it is shown once 8 ms have passed without
//	        another, and for 120 ms behind its last character Enter is a line feed.
//	chunk   programs on Ink (Claude Code): what one read brings is one event. An Enter
//	        that comes in one read with other characters is text. Bracketed paste is on.
//	return  Gemini CLI (KeypressContext, FAST_RETURN_TIMEOUT): an Enter within 30 ms of
//	        the character before it is a line feed. Bracketed paste is on.
//	queue   chunk, in a program that draws all the time while it works, and takes what is
//	        submitted then into a queue; it goes on when something is in it.
//
// In all of them a line feed that is typed alone (^J) is a new line in the text.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

const (
	burstChars  = 3
	burstGap    = 8 * time.Millisecond
	burstWindow = 120 * time.Millisecond
	fastReturn  = 30 * time.Millisecond
	frame       = 20 * time.Millisecond // of a program that draws all the time
)

type model struct {
	rule      string
	file      *os.File
	text      []byte
	pasting   bool      // between the brackets of a paste
	last      time.Time // when the last character came
	run       int       // characters that came in one burst
	window    time.Time // until then Enter is a line feed
	working   bool
	queued    []string
	submitted int
}

func main() {
	m := &model{rule: os.Args[1]}
	stty := exec.Command("stty", "raw", "-echo")
	stty.Stdin = os.Stdin
	if err := stty.Run(); err != nil {
		panic(err)
	}
	var err error
	if m.file, err = os.OpenFile(os.Args[2], os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		panic(err)
	}
	if m.rule != "burst" {
		fmt.Print("\x1b[?2004h")
	}
	m.draw("ready")
	reads := make(chan []byte)
	go func() {
		defer close(reads)
		buf := make([]byte, 64<<10)
		for {
			n, err := os.Stdin.Read(buf)
			if err != nil {
				return
			}
			reads <- bytes.Clone(buf[:n])
		}
	}()
	m.loop(reads)
}

func (m *model) loop(reads <-chan []byte) {
	for {
		var tick <-chan time.Time
		switch {
		case m.working:
			tick = time.After(frame)
		case m.rule == "burst" && m.run >= burstChars:
			tick = time.After(burstGap)
		}
		select {
		case b, ok := <-reads:
			if !ok {
				return
			}
			m.read(b)
			if m.rule != "burst" || m.run < burstChars {
				m.draw("typed")
			}
		case <-tick:
			m.run = 0 // the burst is over, and is shown
			m.draw("tick")
		}
		if m.working && len(m.queued) > 0 {
			m.working = false
			m.submit(m.queued[0])
			m.queued = nil
		}
	}
}

// read takes what one read of the terminal brought.
func (m *model) read(b []byte) {
	alone := len(b) == 1
	for len(b) > 0 {
		switch {
		case bytes.HasPrefix(b, []byte("\x1b[200~")):
			m.pasting, b = true, b[6:]
			continue
		case bytes.HasPrefix(b, []byte("\x1b[201~")):
			m.pasting, b = false, b[6:]
			m.last = time.Now()
			continue
		case b[0] == '\r' && m.submits(alone):
			m.enter()
		case b[0] == '\r' || b[0] == '\n':
			m.char('\n')
		default:
			m.char(b[0])
		}
		b = b[1:]
	}
}

// submits says whether an Enter is meant as one.
func (m *model) submits(alone bool) bool {
	now := time.Now()
	switch {
	case m.pasting:
		return false
	case m.rule == "burst":
		return now.After(m.window)
	case m.rule == "return":
		return now.Sub(m.last) > fastReturn
	}
	return alone
}

func (m *model) char(c byte) {
	now := time.Now()
	if now.Sub(m.last) <= burstGap {
		m.run++
	} else {
		m.run = 1
	}
	if m.last = now; m.run >= burstChars || now.Before(m.window) {
		m.window = now.Add(burstWindow)
	}
	m.text = append(m.text, c)
}

func (m *model) enter() {
	text := string(m.text)
	m.text, m.run = nil, 0
	switch {
	case m.rule != "queue":
		m.submit(text)
	case m.working:
		m.queued = append(m.queued, text)
	default:
		m.submit(text)
		m.working = m.submitted == 1
	}
}

func (m *model) submit(text string) {
	line, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	if _, err := m.file.Write(append(line, '\n')); err != nil {
		panic(err)
	}
	m.submitted++
	m.draw("submitted")
}

// draw shows the text that is being typed, and what has come of the others.
func (m *model) draw(why string) {
	fmt.Printf("\x1b[H\x1b[J[%s] submitted=%d\r\n> %s", why, m.submitted, strings.ReplaceAll(string(m.text), "\n", "\r\n  "))
}
