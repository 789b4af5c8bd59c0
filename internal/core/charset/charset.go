// Package charset is character sets other than UTF-8: what the bytes of a program in
// another locale mean, and how text is written for it.
//
// Decoding never fails and loses no control character: a byte below 0x20 and every
// escape sequence comes through as it was, so that a terminal can read what comes out.
// What means nothing becomes U+FFFD. A stream may be cut anywhere. Only sets are known
// that hold ASCII in single bytes and have no shift states: the others (UTF-16,
// ISO-2022) cannot be told from escape sequences at a terminal.
//
// A nil *Set is UTF-8: it costs nothing and changes nothing. It leaves to others where
// the names come from and what is kept; see core/session.
package charset

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/transform"
)

// Set is a character set. A nil one is UTF-8.
type Set struct {
	name string
	e    encoding.Encoding
}

// strict are sets for whose names browsers mean a larger one, with characters where a
// terminal has controls. In a locale they mean what they say.
var strict = map[string]encoding.Encoding{
	"iso-8859-1": charmap.ISO8859_1,
	"iso-8859-9": charmap.ISO8859_9,
}

// spellings are what locales and Windows call the sets of the Encoding Standard, where
// that does not know them. Letters are small, and only letters and digits are left.
var spellings = map[string]string{
	"latin1": "iso-8859-1", "l1": "iso-8859-1", "iso88591": "iso-8859-1", "88591": "iso-8859-1",
	"latin5": "iso-8859-9", "l5": "iso-8859-9", "iso88599": "iso-8859-9",
	"eucjp": "euc-jp", "ujis": "euc-jp", "sjis": "shift_jis", "shiftjis": "shift_jis", "cp932": "shift_jis",
	"windows31j": "shift_jis", "euckr": "euc-kr", "uhc": "euc-kr", "cp949": "euc-kr", "euccn": "gbk", "cp936": "gbk",
	"cp950": "big5", "big5hkscs": "big5", "tis620": "windows-874", "cp866": "ibm866", "koi8r": "koi8-r", "koi8u": "koi8-u",
}

// Find returns the set of a name: one of the Encoding Standard, or as locales spell it.
// UTF-8 and ASCII are nil.
func Find(name string) (*Set, error) {
	label := strings.ToLower(strings.TrimSpace(name))
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, label)
	switch plain {
	case "utf8", "ascii", "usascii", "ansix341968", "646":
		return nil, nil
	}
	if known := spellings[plain]; known != "" {
		label = known
	}
	if e := strict[label]; e != nil {
		return &Set{label, e}, nil
	}
	e, err := htmlindex.Get(label)
	if err != nil && strings.HasPrefix(plain, "iso8859") && len(plain) > 7 {
		e, err = htmlindex.Get("iso-8859-" + plain[7:])
	}
	if err != nil {
		return nil, fmt.Errorf("no character set %q is known", name)
	}
	canonical, err := htmlindex.Name(e)
	if err != nil {
		return nil, fmt.Errorf("character set %q: %w", name, err)
	}
	switch canonical {
	case "utf-8":
		return nil, nil
	case "utf-16be", "utf-16le", "iso-2022-jp", "replacement", "x-user-defined":
		return nil, fmt.Errorf("character set %q cannot be used at a terminal", name)
	}
	return &Set{canonical, e}, nil
}

// OfLocale returns the set that an environment's locale names (POSIX XBD 8.2): LC_ALL
// before LC_CTYPE before LANG, its part behind the dot. Without one that is known it is
// UTF-8.
func OfLocale(lookup func(string) string) *Set {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		value := lookup(name)
		if value == "" {
			continue
		}
		_, codeset, _ := strings.Cut(value, ".")
		codeset, _, _ = strings.Cut(codeset, "@")
		set, err := Find(codeset)
		if err != nil {
			return nil
		}
		return set
	}
	return nil
}

// Name is the set's name, by which Find finds it again; "utf-8" for nil.
func (s *Set) Name() string {
	if s == nil {
		return "utf-8"
	}
	return s.name
}

// Text decodes bytes that are whole.
func (s *Set) Text(b []byte) []byte {
	if s == nil {
		return b
	}
	d := s.Decoder()
	return append(d.Decode(b), d.End()...)
}

// Write encodes text. Bytes that are not UTF-8 stay as they are: they are no text but a
// program's own, or the report of a mouse. The error names the first character that the
// set does not have; with a substitute (not 0) that is written in its place, and there is
// no error.
func (s *Set) Write(text []byte, substitute byte) ([]byte, error) {
	if s == nil {
		return text, nil
	}
	out := make([]byte, 0, len(text))
	enc := s.e.NewEncoder()
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		char := text[:n]
		text = text[n:]
		if r < utf8.RuneSelf || r == utf8.RuneError && n == 1 {
			out = append(out, char...)
			continue
		}
		b, err := enc.Bytes(char)
		switch {
		case err == nil:
			out = append(out, b...)
		case substitute == 0:
			return nil, fmt.Errorf("%s has no %q (%U)", s.name, r, r)
		default:
			out = append(out, substitute)
		}
	}
	return out, nil
}

// Decoder decodes a stream. A nil one passes UTF-8 on.
type Decoder struct {
	t    transform.Transformer
	rest []byte // the beginning of a character
}

// Decoder begins to decode a stream; nil for UTF-8.
func (s *Set) Decoder() *Decoder {
	if s == nil {
		return nil
	}
	return &Decoder{t: s.e.NewDecoder().Transformer}
}

// Decode returns the text of the next bytes. The beginning of a character waits for its
// end. What it returns may be b itself.
func (d *Decoder) Decode(b []byte) []byte {
	if d == nil || len(d.rest) == 0 && ascii(b) {
		return b
	}
	return d.decode(b, false)
}

// End returns what is left of a stream that ends.
func (d *Decoder) End() []byte {
	if d == nil {
		return nil
	}
	return d.decode(nil, true)
}

// Pending is the beginning of a character whose end has not come, and Resume gives it to
// the decoder that goes on.
func (d *Decoder) Pending() []byte {
	if d == nil {
		return nil
	}
	return d.rest
}

// Resume goes on behind what another decoder left pending.
func (d *Decoder) Resume(pending []byte) {
	if d != nil {
		d.rest = pending
	}
}

func (d *Decoder) decode(b []byte, end bool) []byte {
	src := append(d.rest[:len(d.rest):len(d.rest)], b...)
	out := make([]byte, 0, 3*len(src)+utf8.UTFMax)
	for {
		d.t.Reset()
		w, r, err := d.t.Transform(out[len(out):cap(out)], src, end)
		out, src = out[:len(out)+w], src[r:]
		if err != transform.ErrShortDst {
			break // nil, or the beginning of a character
		}
		out = append(out, make([]byte, cap(out))...)[:len(out)]
	}
	d.rest = append([]byte(nil), src...)
	return out
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
