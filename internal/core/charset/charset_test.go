package charset

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"
)

// samples are texts that a set can write, and iconv's name of it.
var samples = []struct{ name, iconv, text string }{
	{"iso-8859-1", "ISO-8859-1", "naïve façade Ærø ½ ÿ"},
	{"iso-8859-2", "ISO-8859-2", "Příliš žluťoučký kůň"},
	{"iso-8859-9", "ISO-8859-9", "İstanbul'da ağır şeyler"},
	{"iso-8859-15", "ISO-8859-15", "œuf à 5 €"},
	{"koi8-r", "KOI8-R", "Съешь ещё этих мягких булок"},
	{"windows-1251", "CP1251", "Жлъчка «ьдё» №"},
	{"windows-1255", "CP1255", "שלום עולם"},
	{"windows-1256", "CP1256", "السلام عليكم"},
	{"shift_jis", "CP932", "日本語テキスト ｶﾅ ー ソ表 ①"},
	{"euc-jp", "EUC-JP", "日本語テキスト ｶﾅ 漢字"},
	{"gbk", "GBK", "简体中文，测试。"},
	{"gb18030", "GB18030", "中文 😀 ñ"},
	{"big5", "BIG5", "繁體中文測試"},
	{"euc-kr", "CP949", "한국어 똠방각하"},
}

func TestSetsReadAndWriteAsIconvDoes(t *testing.T) {
	if _, err := exec.LookPath("iconv"); err != nil {
		t.Skip("iconv is not installed here")
	}
	for _, c := range samples {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command("iconv", "-f", "UTF-8", "-t", c.iconv)
			cmd.Stdin = strings.NewReader(c.text)
			want, err := cmd.Output()
			if err != nil {
				t.Skipf("iconv does not write %s here: %v", c.iconv, err)
			}
			set, err := Find(c.name)
			if err != nil || set.Name() != c.name {
				t.Fatalf("%q, %v", set.Name(), err)
			}
			if got, err := set.Write([]byte(c.text), 0); err != nil || !bytes.Equal(got, want) {
				t.Errorf("written %q, %v, want %q", got, err, want)
			}
			if got := string(set.Text(want)); got != c.text {
				t.Errorf("read %q, want %q", got, c.text)
			}
		})
	}
}

func TestFindKnowsWhatLocalesSay(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"UTF-8", "utf-8"}, {"utf8", "utf-8"}, {"ANSI_X3.4-1968", "utf-8"}, {"US-ASCII", "utf-8"},
		{"ISO-8859-1", "iso-8859-1"}, {"iso88591", "iso-8859-1"}, {"ISO8859-1", "iso-8859-1"}, {"latin1", "iso-8859-1"}, {"Latin-1", "iso-8859-1"},
		{"iso885915", "iso-8859-15"}, {"ISO_8859-2", "iso-8859-2"}, {"iso88597", "iso-8859-7"}, {"ISO8859-13", "iso-8859-13"},
		{"eucJP", "euc-jp"}, {"EUC-JP", "euc-jp"}, {"ujis", "euc-jp"}, {"SJIS", "shift_jis"}, {"Shift-JIS", "shift_jis"},
		{"CP932", "shift_jis"}, {"Windows-31J", "shift_jis"},
		{"GB2312", "gbk"}, {"GBK", "gbk"}, {"eucCN", "gbk"}, {"GB18030", "gb18030"}, {"BIG5", "big5"}, {"Big5-HKSCS", "big5"},
		{"eucKR", "euc-kr"}, {"CP949", "euc-kr"}, {"KOI8-R", "koi8-r"}, {"koi8u", "koi8-u"}, {"CP1251", "windows-1251"}, {"windows-1252", "windows-1252"},
		{"TIS-620", "windows-874"}, {"IBM866", "ibm866"},
	} {
		if set, err := Find(c.name); err != nil || set.Name() != c.want {
			t.Errorf("%s is %s, %v; want %s", c.name, set.Name(), err, c.want)
		}
	}
	for _, name := range []string{"", "klingon", "UTF-16", "ISO-2022-JP", "x-user-defined", "hz-gb-2312", "GEORGIAN-PS"} {
		if set, err := Find(name); err == nil {
			t.Errorf("%q is %s", name, set.Name())
		}
	}
}

func TestLocaleNamesItsSet(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{nil, "utf-8"},
		{map[string]string{"LANG": "C"}, "utf-8"},
		{map[string]string{"LANG": "de_DE"}, "utf-8"}, // what it means depends on what is installed
		{map[string]string{"LANG": "de_DE.ISO-8859-15@euro"}, "iso-8859-15"},
		{map[string]string{"LANG": "ja_JP.eucJP"}, "euc-jp"},
		{map[string]string{"LANG": "ja_JP.eucJP", "LC_CTYPE": "C.UTF-8"}, "utf-8"},
		{map[string]string{"LANG": "C.UTF-8", "LC_CTYPE": "ru_RU.KOI8-R"}, "koi8-r"},
		{map[string]string{"LC_ALL": "zh_CN.GBK", "LC_CTYPE": "ru_RU.KOI8-R"}, "gbk"},
		{map[string]string{"LC_ALL": "", "LANG": "ko_KR.euckr"}, "euc-kr"},
		{map[string]string{"LANG": "hy_AM.ARMSCII-8"}, "utf-8"},
		{map[string]string{"LANG": "xx.UTF-16"}, "utf-8"},
	} {
		if got := OfLocale(func(name string) string { return c.env[name] }).Name(); got != c.want {
			t.Errorf("%v is %s, want %s", c.env, got, c.want)
		}
	}
}

func TestControlsComeThrough(t *testing.T) {
	text := []byte("a\x1b[31m\\~\x00\x07\r\n\x1b]0;t\x1b\\\x7f")
	for _, c := range samples {
		set, err := Find(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if got := set.Text(text); !bytes.Equal(got, text) {
			t.Errorf("%s reads %q as %q", c.name, text, got)
		}
		if got, err := set.Write(text, 0); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s writes %q as %q, %v", c.name, text, got, err)
		}
		// A character that is never finished does not take the sequence behind it along.
		if got := set.Text([]byte("\x83\x1b[m")); !bytes.HasSuffix(got, []byte("\x1b[m")) {
			t.Errorf("%s reads a cut character and a sequence as %q", c.name, got)
		}
	}
}

func TestWriteSaysWhatASetLacks(t *testing.T) {
	set, _ := Find("iso-8859-1")
	if _, err := set.Write([]byte("5 €"), 0); err == nil || err.Error() != `iso-8859-1 has no '€' (U+20AC)` {
		t.Errorf("error %v", err)
	}
	if got, err := set.Write([]byte("5 € é"), '?'); err != nil || string(got) != "5 ? \xe9" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := set.Write([]byte("\x1b[M \xfe!"), 0); err != nil || string(got) != "\x1b[M \xfe!" {
		t.Errorf("a mouse's report is %q, %v", got, err)
	}
	if got, err := (*Set)(nil).Write([]byte("€"), 0); err != nil || string(got) != "€" {
		t.Errorf("UTF-8: %q, %v", got, err)
	}
}

// However a stream is cut, its text is the same, and it is text.
func FuzzDecodeCutAnywhere(f *testing.F) {
	for i, c := range samples {
		set, err := Find(c.name)
		if err != nil {
			f.Fatal(err)
		}
		b, err := set.Write([]byte(c.text+"\x1b[m"), '?')
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), uint16(len(b)/2), b)
		f.Add(uint8(i), uint16(1), append(b, 0x81, 0xff, 0x1b))
	}
	f.Fuzz(func(t *testing.T, which uint8, cut uint16, b []byte) {
		set, err := Find(samples[int(which)%len(samples)].name)
		if err != nil {
			t.Fatal(err)
		}
		whole := set.Text(b)
		if !utf8.Valid(whole) {
			t.Fatalf("%q is %q", b, whole)
		}
		d := set.Decoder()
		var got []byte
		at := min(int(cut), len(b))
		for _, part := range [][]byte{b[:at/2], b[at/2 : at], b[at:]} {
			got = append(got, d.Decode(part)...)
			next := set.Decoder()
			next.Resume(bytes.Clone(d.Pending()))
			d = next
		}
		if got = append(got, d.End()...); !bytes.Equal(got, whole) {
			t.Errorf("%q at %d is %q, whole %q", b, at, got, whole)
		}
		if n := len(d.Pending()); n > 0 {
			t.Errorf("%d bytes are left behind the end", n)
		}
	})
}
