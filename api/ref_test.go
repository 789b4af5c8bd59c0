package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestReferencesNameSessionsBlocksAndRanges(t *testing.T) {
	for _, c := range []struct {
		text    string
		session string
		block   string
		lines   *Range
		bytes   *Range
	}{
		{"dev", "dev", "", nil, nil},
		{"@e42", "", "e42", nil, nil},
		{"dev@last", "dev", "last", nil, nil},
		{"@e42:3-9", "", "e42", &Range{3, 9}, nil},
		{"@e42:3-9,12,15-20", "", "e42", &Range{3, 9}, nil},
		{"@e42:7", "", "e42", &Range{7, 7}, nil},
		{"@e42:3-", "", "e42", &Range{3, -1}, nil},
		{"@e42:-20", "", "e42", &Range{-20, -1}, nil},
		{"@e42:-0", "", "e42", &Range{0, -1}, nil},
		{"@e42#-0", "", "e42", nil, &Range{0, -1}},
		{"@last#100-200", "", "last", nil, &Range{100, 200}},
		{"dev#0-10", "dev", "", nil, &Range{0, 10}},
	} {
		r, err := ParseRef(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		same := func(a, b *Range) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }
		if r.Session != c.session || r.Block != c.block || !same(r.Lines, c.lines) || !same(r.Bytes, c.bytes) {
			t.Errorf("%s: %+v", c.text, r)
		}
	}
}

func TestWrongReferencesAreRefused(t *testing.T) {
	for _, text := range []string{"", "@", "@e", "@e0", "@x1", "@e42:", "@e42:a-b", "@e42:9-3", "@e42:--3", "@e42:3-9,", "@e42:3-9,9", "@e42:3-,9", "@e42:-3,9", "@e42:3,x", "@e42#3-9,12-14", "@e42:1" + strings.Repeat(",2", 3), "@e42:+3", "@e42#", "@e-1", "#1-2x", "dev#x", "@e99999999999999999999"} {
		if r, err := ParseRef(text); CodeOf(err) != Invalid {
			t.Errorf("%q gave %+v, %v", text, r, err)
		}
	}
}

// A reference that parses, written out, is the same reference.
func FuzzRef(f *testing.F) {
	for _, s := range []string{"dev", "@e42", "@last", "@e1:3-9", "@e1#0-7", "a@e5:-3", "@e1:3-9,12,14-", "x#1-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRef(text)
		if err != nil {
			return
		}
		again, err := ParseRef(strings.Replace(r.String(), "--1", "-", 1))
		if r.Lines != nil && r.Lines.From < 0 || r.Bytes != nil && r.Bytes.From < 0 {
			return // "the last n" is written as what it was asked as, not as a range
		}
		if err != nil || again.String() != r.String() {
			t.Errorf("%q -> %q -> %q, %v", text, r, again, err)
		}
	})
}

func TestNamesThatCannotBeTypedAreRefused(t *testing.T) {
	for _, good := range []string{"dev", "a", "1", "web-2.0_x", "žluťoučký", "開発"} {
		if err := CheckName(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "-a", ".a", "a b", "a/b", "a\\b", "a:b", "a@b", "a#b", "a\x1b[31m", "a\n", "a\x00", "\xff", strings.Repeat("x", 65), strings.Repeat("x", 300), "a\u202eb", "a\"b"} {
		err := CheckName(bad)
		if CodeOf(err) != Invalid {
			t.Errorf("%q: %v", bad, err)
		} else if strings.ContainsAny(err.Error(), "\x1b\n\x00") {
			t.Errorf("%q: the message acts on a terminal: %q", bad, err)
		}
	}
}

func TestTargetsNameWindowsAndPanes(t *testing.T) {
	for text, want := range map[string]Target{
		"dev": {"dev", -1, -1}, "dev:0": {"dev", 0, -1}, "dev:1.2": {"dev", 1, 2}, "a.b:3": {"a.b", 3, -1},
	} {
		if got, err := ParseTarget(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", ":1", "dev:", "dev:x", "dev:1.", "dev:1.x", "dev:-1", "dev:99999999999"} {
		if got, err := ParseTarget(text); CodeOf(err) != Invalid {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestAnUnknownExitIsNullAndStaysUnknown(t *testing.T) {
	for text, want := range map[string]Exit{"null": {}, "0": ExitCode(0), "137": ExitCode(137)} {
		var e Exit
		if err := json.Unmarshal([]byte(text), &e); err != nil || e != want {
			t.Errorf("%s: %v, %v", text, e, err)
		}
		if b, err := json.Marshal(e); err != nil || string(b) != text {
			t.Errorf("%v: %s, %v", e, b, err)
		}
	}
	var e Exit
	if err := json.Unmarshal([]byte(`"0"`), &e); err == nil {
		t.Error("a string was taken for a status")
	}
}

func TestDurationsOnACommandLine(t *testing.T) {
	for text, want := range map[string]time.Duration{"30s": 30 * time.Second, "500ms": 500 * time.Millisecond, "2": 2 * time.Second, "1.5": 1500 * time.Millisecond} {
		var m Millis
		if err := m.Set(text); err != nil || m.Duration() != want {
			t.Errorf("%s: %s, %v", text, m, err)
		}
	}
	for _, text := range []string{"", "-1s", "x", "-3"} {
		var m Millis
		if err := m.Set(text); CodeOf(err) != Invalid {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestEveryErrorCodeHasItsStatus(t *testing.T) {
	for code, status := range statuses {
		if status < 400 || status > 599 {
			t.Errorf("%s travels as %d", code, status)
		}
		p := ProblemOf(Errorf(code, "what").WithHint("type this"))
		if got := p.Err(); got.Code != code || got.Message != "what" || got.Hint != "type this" {
			t.Errorf("%s came back as %+v", code, got)
		}
	}
}
