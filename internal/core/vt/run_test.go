package vt

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// Whole lines take the ways for runs, single bytes the way for one character.
func TestRunsLookLikeTheirCharacters(t *testing.T) {
	pieces := strings.Split("漢|字|仮名|é|ß|─┼|Ж|👍|👍🏽|👩\u200d💻|🇩🇪|❤\ufe0f|e\u0301|a\u0308\u0323|\u0301|\u200d|\u00a0|\u00ad|\u0085|각힣|\xed\xa0\x80|\xe0\x80\x80|\xf0\x80\x80\x80|ａｂ|\ue000|สวัสดี|«»©|\u1100\u1161|ก็|x| |~\x7f~|\xe4\xb8|\xff|\xc3|\xf0\x9f\x91|"+
		"\r|\n|\b\b|\x1b[3D|\x1b[5C|\x1b[A|\x1b[K|\x1b[31m|\x1b[38;2;1;2;3m|\x1b[0m|\x1b[4h|\x1b[4l|\x1b(0|\x1b(B|\x1b[?7l|\x1b[?7h|\x1b[?2027h|\x1b[?2027l|\x1b[2;9s|\x1b[?69h|\x1b[?69l|\x1b[3b", "|")
	r := rand.New(rand.NewPCG(6, 6))
	for i := range 400 {
		var b bytes.Buffer
		for range 60 {
			p := pieces[r.IntN(len(pieces))]
			b.WriteString(strings.Repeat(p, 1+r.IntN(2)*r.IntN(8)))
		}
		whole, single := New(Config{Cols: 7 + i%8, Rows: 4, Scrollback: 4096}), New(Config{Cols: 7 + i%8, Rows: 4, Scrollback: 4096})
		whole.Write(b.Bytes())
		for _, c := range b.Bytes() {
			single.Write([]byte{c})
		}
		if !bytes.Equal(whole.Snapshot(), single.Snapshot()) {
			t.Fatalf("%d: %q\n%s\nand byte by byte\n%s", i, b.Bytes(), whole.Text(TextOptions{}), single.Text(TextOptions{}))
		}
		if err := whole.verify(); err != nil {
			t.Fatal(err)
		}
	}
}

// Both decoders must agree with unicode/utf8 on what they take.
func TestDecodersTakeWellFormedCharactersOnly(t *testing.T) {
	var b [4]byte
	check := func(p []byte) {
		want, size := utf8.DecodeRune(p)
		for _, f := range []func([]byte) (rune, int){decode, decodeOther} {
			if c, n := f(p); n != 0 && (c != want || n != size) {
				t.Fatalf("% x is %x, %d bytes; want %x, %d", p, c, n, want, size)
			}
		}
	}
	edges := []byte{0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff}
	for first := 0x80; first <= 0xff; first++ {
		for _, second := range edges {
			for _, third := range edges {
				for _, fourth := range edges {
					b = [4]byte{byte(first), second, third, fourth}
					for n := 1; n <= 4; n++ {
						check(b[:n])
					}
				}
			}
		}
	}
}
