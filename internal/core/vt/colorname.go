package vt

import (
	_ "embed"
	"strconv"
	"strings"
)

// colorNames are X11's names of colours, each with its value, as in X.Org's
// rgb.txt: in lower case without blanks, gray for grey, and of gray0 to gray100
// only those that are not the nearest to their percentage.
//
//go:embed colors.txt
var colorNames string

// namedColor is the colour of a name of X11. Case, blanks and the spelling of gray
// do not matter, as where X servers look them up.
func namedColor(s string) (uint32, bool) {
	if len(s) == 0 || len(s) > 32 || strings.Contains(s, "\n") {
		return 0, false
	}
	s = strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(s), " ", ""), "grey", "gray")
	if _, value, ok := strings.Cut("\n"+colorNames, "\n"+s+" "); ok {
		c, err := strconv.ParseUint(value[:6], 16, 32)
		return uint32(c), err == nil
	}
	digits, ok := strings.CutPrefix(s, "gray")
	n, isNumber := atoi([]byte(digits))
	return uint32((n*255+50)/100) * 0x010101, ok && isNumber && n <= 100 && itoa(n) == digits
}
