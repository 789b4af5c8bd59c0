package vt

import (
	"bytes"
	"encoding/hex"
)

// capabilities are what XTGETTCAP tells of terminfo and its extensions: names that
// programs ask for before they rely on something. A flag has no value. OSC 52 (Ms)
// is not here, since what becomes of a clipboard is the owner's to say.
var capabilities = map[string]string{
	"TN": "xterm-256color", "name": "xterm-256color",
	"Co": "256", "colors": "256", "pairs": "32767",
	"RGB": "8", "Tc": "", "bce": "", "am": "", "km": "", "xenl": "", "XT": "", "AX": "",
	"setrgbf": "\x1b[38:2:%p1%d:%p2%d:%p3%dm", "setrgbb": "\x1b[48:2:%p1%d:%p2%d:%p3%dm",
	"Su": "", "Smulx": "\x1b[4:%p1%dm",
	"Setulc": "\x1b[58:2::%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:%p1%{255}%&%dm",
	"smxx":   "\x1b[9m", "rmxx": "\x1b[29m", "Smol": "\x1b[53m", "Rmol": "\x1b[55m",
	"Ss": "\x1b[%p1%d q", "Se": "\x1b[0 q", "Cs": "\x1b]12;%p1%s\a", "Cr": "\x1b]112\a",
	"Sync": "\x1b[?2026%?%p1%{1}%-%tl%eh%;",
	"BE":   "\x1b[?2004h", "BD": "\x1b[?2004l", "fe": "\x1b[?1004h", "fd": "\x1b[?1004l",
}

// reportTermcap is XTGETTCAP (xterm ctlseqs, "DCS + q Pt ST"): an answer for each
// name, as kitty and foot give it; xterm puts all in one, up to the first unknown.
func (t *Terminal) reportTermcap(s []byte) {
	for spelled := range bytes.SplitSeq(s, []byte(";")) {
		name, err := hex.DecodeString(string(spelled))
		value, ok := capabilities[string(name)]
		switch {
		case err != nil || !ok:
			t.reply("\x1bP0+r\x1b\\")
		case value == "":
			t.reply("\x1bP1+r" + string(spelled) + "\x1b\\")
		default:
			t.reply("\x1bP1+r" + string(spelled) + "=" + hex.EncodeToString([]byte(value)) + "\x1b\\")
		}
	}
}
