package picture

import (
	"bytes"
	"encoding/xml"
	"image/color"
	"image/png"
	"io"
	"os"
	"testing"

	"github.com/ai-session/ai-session/internal/core/vt"
)

const show = "\x1b]2;a session\x07\x1b[1;32muser@host\x1b[0m:\x1b[1;34m~/src\x1b[0m$ go test ./...\r\n" +
	"ok   \x1b[2mcached\x1b[0m \x1b[7m reverse \x1b[0m \x1b[4mline\x1b[0m \x1b[4:3;58:5:1mcurly\x1b[0m \x1b[3mitalic\x1b[0m \x1b[9mstrike\x1b[0m\r\n" +
	"┌────┬────┐ ▀▄█░▒▓ \x1b[48;2;60;0;90m direct \x1b[0m\r\n│ <&>│ é\u0301ß│ λ→∞ 世界\r\n└────┴────┘ \x1b[41m red \x1b[0m\r\n$ "

func terminal(in string) *vt.Terminal {
	t := vt.New(vt.Config{Cols: 50, Rows: 8})
	t.Write([]byte(in))
	return t
}

func TestPNGShowsColoursWhereTheScreenHasThem(t *testing.T) {
	tm := terminal("\x1b[41m \x1b[42m \x1b[m\u2588 \x1b[?25l")
	b, err := PNG(tm, Options{Scale: 1})
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if s := img.Bounds().Size(); s.X != 50*10+24 || s.Y != 8*20+24 {
		t.Errorf("size %v", s)
	}
	for col, want := range []color.RGBA{{0xcd, 0, 0, 255}, {0, 0xcd, 0, 255}, {0xe5, 0xe5, 0xe5, 255}, {0, 0, 0, 255}} {
		for _, dy := range []int{2, 10, 18} {
			if got := color.RGBAModel.Convert(img.At(padding+col*10+5, padding+dy)); got != want {
				t.Errorf("column %d at %d is %v, want %v", col, dy, got, want)
			}
		}
	}
}

func TestPNGDrawsLettersInTheirCells(t *testing.T) {
	b, err := PNG(terminal("X\x1b[?25l"), Options{Scale: 1})
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	inked := func(x0, x1, y0, y1 int) (n int) {
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				if r, _, _, _ := img.At(x, y).RGBA(); r > 0x6000 {
					n++
				}
			}
		}
		return n
	}
	if n := inked(padding, padding+10, padding, padding+20); n < 12 || n > 80 {
		t.Errorf("%d pixels of an X", n)
	}
	if n := inked(padding+11, padding+200, padding, padding+160); n != 0 {
		t.Errorf("%d pixels outside", n)
	}
}

func TestWhatTheFontLacksIsABoxThatNamesIt(t *testing.T) {
	draw := func(in string) []byte {
		t.Helper()
		b, err := PNG(terminal(in), Options{Scale: 2})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, pair := range [][2]string{{"漢", "字"}, {"😀", "😁"}, {"漢", "漢\b "}, {"\U000118a0", "\U000118a1"}} {
		if bytes.Equal(draw(pair[0]), draw(pair[1])) {
			t.Errorf("%q and %q look the same", pair[0], pair[1])
		}
	}
	const clusters = "\x1b[?2027h"
	if !bytes.Equal(draw(clusters+"👍"), draw(clusters+"👍🏽")) {
		t.Error("two boxes are drawn over each other")
	}
}

func TestSVGIsWellFormedAndKeepsTheText(t *testing.T) {
	b := SVG(terminal(show), Options{Frame: true})
	var text bytes.Buffer
	for d := xml.NewDecoder(bytes.NewReader(b)); ; {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := tok.(xml.CharData); ok {
			text.Write(c)
		}
	}
	for _, want := range []string{"a session", "user@host", "<&>", "世", "curly"} {
		if !bytes.Contains(text.Bytes(), []byte(want)) {
			t.Errorf("no %q in\n%s", want, b)
		}
	}
}

func TestEveryCharacterOfTheFontCanBeDrawn(t *testing.T) {
	f, err := loadFont()
	if err != nil {
		t.Fatal(err)
	}
	drawn := 0
	for c := rune(0x21); c < 0x3000; c++ {
		if n := f.index(c); n != 0 && len(f.outline(n, 0)) > 0 {
			drawn++
		}
	}
	if drawn < 2500 {
		t.Errorf("%d characters have outlines", drawn)
	}
	if f.index('世') != 0 || f.index('A') == 0 || f.index('─') == 0 {
		t.Error("the font is not what it was")
	}
}

func TestPictureToLookAt(t *testing.T) {
	name := os.Getenv("VT_PICTURE")
	if name == "" {
		t.Skip("set VT_PICTURE to a file name to look at a picture")
	}
	b, err := PNG(terminal(show), Options{Frame: true})
	if err == nil {
		err = os.WriteFile(name, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
