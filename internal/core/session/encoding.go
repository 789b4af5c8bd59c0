package session

import (
	"bytes"
	"strings"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/charset"
	"github.com/ai-session/ai-session/internal/persistence"
)

// A program in a locale that is not UTF-8 writes and reads other bytes. The journal
// keeps them as they were: offsets, references and raw output are the program's own.
// They become text on the way from the journal to whoever reads text: the screen and
// the attached terminals (emit, replay), the lines of an answer (span), a recording. What
// is typed takes the way back. Text of our own (synthetic) is UTF-8 and is not decoded.

// charsetOf is what a session's programs write: what was asked for, else what the locale
// of its environment names.
func charsetOf(req *api.CreateRequest, env []string) *charset.Set {
	if req.Encoding != "" {
		set, _ := charset.Find(req.Encoding) // checked before
		return set
	}
	return charset.OfLocale(func(name string) string {
		for _, kv := range env {
			if value, ok := strings.CutPrefix(kv, name+"="); ok {
				return value
			}
		}
		return ""
	})
}

// charset is what the meta of a session names.
func (d meta) charset() *charset.Set {
	if d.Encoding == "" {
		return nil
	}
	set, _ := charset.Find(d.Encoding) // a name from a version to come is read as UTF-8
	return set
}

// encodingName is how a set is kept and shown; empty for UTF-8.
func encodingName(set *charset.Set) string {
	if set == nil {
		return ""
	}
	return set.Name()
}

// encode writes text for the session's programs.
func (s *Session) encode(text []byte) ([]byte, error) {
	b, err := s.c.Charset.Write(text, 0)
	if err != nil {
		return nil, api.Errorf(api.Invalid, "the session's encoding: %v", err).WithHint("a session of its own: ai-session create --encoding utf-8")
	}
	return b, nil
}

// decodeText reads text of the session's programs that is whole.
func (s *Session) decodeText(text string) string {
	if s.c.Charset == nil {
		return text
	}
	return string(s.c.Charset.Text([]byte(text)))
}

// pathOf is a folder as the system knows it, of one as it is shown.
func pathOf(set *charset.Set, dir string) string {
	if b, err := set.Write([]byte(dir), 0); err == nil {
		return string(b)
	}
	return dir
}

// maxDecoded bounds the output that is decoded as a whole for a reducer; it reads what
// is longer as it was written.
const maxDecoded = 64 << 20

// decoded is the text of an output for a reducer, nil to read it as it is.
func (sp span) decoded() *bytes.Reader {
	if sp.charset == nil || sp.to-sp.from > maxDecoded {
		return nil
	}
	raw, err := sp.bytes()
	if err != nil {
		return nil
	}
	return bytes.NewReader(sp.charset.Text(raw))
}

// queryOf is a search of a journal whose text is in another character set, false if
// nothing there can match. What is found has to be looked at once more, as text: a part
// of one character may look like another.
func (f *finder) queryOf(set *charset.Set) (persistence.Query, bool) {
	q := persistence.Query{Text: f.req.Query, Regexp: f.req.Regexp, IgnoreCase: f.req.IgnoreCase, FromTime: f.since}
	if set == nil {
		return q, true
	}
	text, err := set.Write([]byte(f.req.Query), 0)
	switch plain := bytes.Equal(text, []byte(f.req.Query)); {
	case f.req.Regexp || f.req.IgnoreCase && !plain:
		q.Text, q.Regexp, q.IgnoreCase = ".", true, false // every line: patterns are of text
		return q, true
	case err != nil:
		return q, false
	}
	q.Text = string(text)
	return q, true
}
