package vt

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// program writes n random pieces of output: text, controls and sequences with
// parameters near the edges of a small screen.
func program(r *rand.Rand, n int) []byte {
	var b strings.Builder
	num := func() string {
		if r.IntN(5) == 0 {
			return [...]string{"", "0", "99", "65535", "7:3"}[r.IntN(5)]
		}
		return fmt.Sprint(r.IntN(14))
	}
	nums := func(k int) string {
		s := make([]string, k)
		for i := range s {
			s[i] = num()
		}
		return strings.Join(s, ";")
	}
	pick := func(s string) string {
		f := strings.Fields(s)
		return f[r.IntN(len(f))]
	}
	for range n {
		switch r.IntN(21) {
		case 0, 1, 2, 3:
			b.WriteString(strings.Repeat(pick("a bc def - xyz0123456789 long-word-that-wraps-twice"), 1+r.IntN(2)))
		case 4, 5:
			b.WriteString(pick("中 文字 e\u0301 👩\u200d💻 🇩🇪 ❤\ufe0f 👍🏽 ｶﾞ \u00e9 नि ⚠ 각"))
		case 6, 7:
			b.WriteString([]string{"\r", "\n", "\r\n", "\b", "\t", "\r\n\r\n", " ", "\x0e", "\x0f", "\a", "\v"}[r.IntN(11)])
		case 8, 9:
			b.WriteString("\x1b[" + nums(2) + pick("H f r s"))
		case 10, 11:
			b.WriteString("\x1b[" + num() + pick("A B C D E F G I J K L M P S T X Z @ ` a b d e g j k"))
		case 12, 13:
			b.WriteString("\x1b[" + pick("0 1 2 3 4 4:3 5 7 8 9 21 22 24 27 31 42 93 38;5;200 38;2;4;5;6 38;2;250;0;99 48;2;1;2;3 58:5:9 38:2::9:8:7 53 49 39") + "m")
		case 14:
			b.WriteString("\x1b" + pick("7 8 D E H M l m c = > 6 9 N O n o V W (0 (B )0 *A -A (K )R (%6 *< (> -B #3 #5 #6 #8 ~ Z"))
		case 15, 16:
			b.WriteString("\x1b[?" + pick("1 3 5 6 7 9 12 25 40 42 45 47 66 67 69 95 1000 1002 1004 1006 1016 1047 1048 1049 2004 2026 2027 2031 2048") + pick("h l h l h l s r"))
		case 17:
			b.WriteString("\x1b[" + pick("61\"p 62\"p 64\"p 65\"p 4h 4l 20h 20l 12l !p 1\"q 0\"q ?J ?2J ?1K 3J u s ?5W 4$p ?6$p #{ 4;31#{ #} 1$w 2$w 1;1;2;5#| 19#y >1u =3u <u >4;1m 2*x 0*x 6n #P #Q 3#P 2#Q #R"))
		case 18:
			b.WriteString("\x1b[" + nums(4+r.IntN(4)) + pick("$v $x $z ${ $r $t *y"))
		case 19:
			b.WriteString(pick("\x1b]0;t\x07 \x1b]8;;http://x/y\x1b\\ \x1b]8;;\x1b\\ \x1b]7;file:///a%20b\x07 \x1b]4;3;#123456\x07 \x1b]4;3;red\x07 \x1b]21;5=red;cursor=;7\x07 \x1b]66;s=2;ab中\x07 \x1b]66;w=3;e\u0301👩\u200d💻\x07 \x1b]66;s=3:w=2;🇩🇪\x07 \x1b]66;w=1;❤\ufe0fx\x07 \x1b]66;;plain\x07 \x1b]11;gray7\x07 \x1b]9;4;1;9\x07 \x1bP0;1q#0~~-~~\x1b\\ \x1b[3 q \x1bP1$t3;12;1;O;A;H;1;2;D;B0AB\x1b\\ \x1bP1$t2;4;1;@;@;C;0;3;@;BBBB\x1b\\ \x1bP2$t3/5/11\x1b\\ \x1b[2 @ \x1b[1 A \x1b['} \x1b['~ \x1b[3"))
		case 20:
			b.WriteString("\x1b" + pick("[?2l A B C D F G H I J K Y!# Y~~ Y*+ Y( Y Z = > < < (0 #8 [4h [?7h"))
		}
	}
	return []byte(b.String())
}
