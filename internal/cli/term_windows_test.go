package cli

import (
	"testing"
	"unicode/utf16"
)

func TestKeysAreUTF8HoweverTheyAreCut(t *testing.T) {
	const typed = "a\x1a\x03\u00e9\U0001f600\x1b[A"
	words := utf16.Encode([]rune(typed))
	for cut := range words {
		var k keyboard
		if got := string(k.decode(words[:cut])) + string(k.decode(words[cut:])); got != typed {
			t.Errorf("cut at %d: %q", cut, got)
		}
	}
	var k keyboard
	if got := string(k.decode([]uint16{0xd83d, 'x', 'y'})); got != "\ufffdxy" {
		t.Errorf("half a character: %q", got)
	}
}
