package keeper

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// The bytes of version 1. A keeper lives as long as its sessions: these never change.
func TestMessagesAreFrozenToTheByte(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		b         []byte
	}{
		{"hello", "04000000 01000000 01000000", appendMessage(nil, kindHello, []byte{1, 0, 0, 0})},
		{"put", "08000000 02000000 2a000000 02 6964 7b", appendMessage(nil, kindPut, entry{pid: 42, key: "id", note: []byte("{")}.bytes())},
		{"drop", "02000000 03000000 6964", appendMessage(nil, kindDrop, []byte("id"))},
		{"list", "00000000 04000000", appendMessage(nil, kindList)},
		{"exit", "04000000 05000000 2a000000", appendMessage(nil, kindExit, []byte{42, 0, 0, 0})},
		{"look", "18000000 06000000 02000000 2a000000 2b000000 00100000 0807060504030201",
			appendMessage(nil, kindLook, look{what: lookMemory, pid: 42, thread: 43, size: 4096, addr: 0x0102030405060708}.bytes())},
		{"ready", "00000000 07000000", appendMessage(nil, kindReady)},
		{"replace", "02000000 08000000 2f78", appendMessage(nil, kindReplace, []byte("/x"))},
		{"bye", "00000000 09000000", appendMessage(nil, kindBye)},
		{"welcome", "0e000000 80000000 01000000 07000000 03000000 6e6f", appendMessage(nil, kindWelcome, Welcome{PID: 7, Starts: 3, Note: "no"}.bytes())},
		{"item", "07000000 81000000 2a000000 02 6964", appendMessage(nil, kindItem, entry{pid: 42, key: "id"}.bytes())},
		{"end", "00000000 82000000", appendMessage(nil, kindEnd)},
		{"answer", "06000000 83000000 02000000 6f6b", appendMessage(nil, kindAnswer, answerBytes(2, []byte("ok")))},
	} {
		want, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(c.hex), []byte(" "), nil)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(c.b, want) {
			t.Errorf("%s is % x, was % x", c.name, c.b, want)
		}
		m, rest, ok, err := splitMessage(append(want, 9))
		if err != nil || !ok || !bytes.Equal(rest, []byte{9}) || !bytes.Equal(appendMessage(nil, m.kind, m.body), want) {
			t.Errorf("%s does not come back: %v %v %v", c.name, m, ok, err)
		}
	}
}

func TestWhatIsNotTheProtocolIsRefused(t *testing.T) {
	if _, _, _, err := splitMessage([]byte{0, 0, 1, 0, 1, 0, 0, 0}); err == nil {
		t.Error("a message of 64 KiB passes")
	}
	for _, b := range [][]byte{nil, {1, 0, 0, 0}, {1, 0, 0, 0, 0}, {1, 0, 0, 0, 3, 'a'}} {
		if e, err := parseEntry(b); err == nil {
			t.Errorf("entry % x passes as %+v", b, e)
		}
	}
	if _, err := parseWelcome([]byte{2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}); err == nil {
		t.Error("a keeper of version 2 passes")
	}
	if _, err := parseLook(make([]byte, 23)); err == nil {
		t.Error("a short look passes")
	}
}

func FuzzMessages(f *testing.F) {
	f.Add(appendMessage(nil, kindPut, entry{pid: 1, key: "k", note: []byte("n")}.bytes()))
	f.Add([]byte{255, 255, 255, 255, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		rest := b
		var back []byte
		for {
			m, r, ok, err := splitMessage(rest)
			if err != nil || !ok {
				break
			}
			back = appendMessage(back, m.kind, m.body)
			if e, err := parseEntry(m.body); err == nil {
				if !bytes.Equal(e.bytes(), m.body) {
					t.Fatalf("entry % x comes back as % x", m.body, e.bytes())
				}
			}
			parseWelcome(m.body)
			parseLook(m.body)
			parseStatus(m.body)
			rest = r
		}
		// Only the three zero bytes of a header may differ: readers skip them.
		if len(back) != len(b)-len(rest) {
			t.Fatalf("%d bytes come back of %d", len(back), len(b)-len(rest))
		}
	})
}
