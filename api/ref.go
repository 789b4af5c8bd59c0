package api

import (
	"fmt"
	"strconv"
	"strings"
)

// Ref names output: a whole session, a block, or a range of either.
//
//	dev           everything session dev wrote
//	@e42          what block e42 wrote
//	@last         the newest block of the only session, dev@last that of session dev
//	@e42:3-9      its rendered lines 3 to 9, from 1
//	@e42:3-9,12   and line 12
//	@e42#100-200  its bytes 100 up to 200, from 0
type Ref struct {
	Session string  // empty when Block names it all
	Block   string  // e42, last, or empty
	Lines   *Range  // 1-based, both ends in
	More    []Range // further lines, each range after the one before
	Bytes   *Range  // 0-based, end out
}

// Range is a range of numbers; To -1 is the end.
type Range struct{ From, To int64 }

// ParseRef reads a reference.
func ParseRef(text string) (Ref, error) {
	bad := func() (Ref, error) {
		return Ref{}, Errorf(Invalid, "%q is not a reference", text).
			WithHint("for example dev, @e42, @last, @e42:3-9 (lines) or @e42#100-200 (bytes)")
	}
	session, block, isBlock := strings.Cut(text, "@")
	if !isBlock {
		if session == "" {
			return bad()
		}
		name, bytes, ranged := strings.Cut(session, "#")
		if !ranged {
			return Ref{Session: session}, nil
		}
		r, ok := ParseRange(bytes)
		if !ok {
			return bad()
		}
		return Ref{Session: name, Bytes: &r}, nil
	}
	ref := Ref{Session: session}
	cut := strings.IndexAny(block, ":#")
	if cut < 0 {
		cut = len(block)
	}
	ref.Block = block[:cut]
	if _, ok := BlockNumber(ref.Block); !ok && ref.Block != "last" {
		return bad()
	}
	if cut == len(block) {
		return ref, nil
	}
	first, more, several := strings.Cut(block[cut+1:], ",")
	r, ok := ParseRange(first)
	if !ok || several && block[cut] != ':' {
		return bad()
	}
	if several {
		if ref.More, ok = parseMore(r, more); !ok {
			return bad()
		}
	}
	if block[cut] == ':' {
		ref.Lines = &r
	} else {
		ref.Bytes = &r
	}
	return ref, nil
}

// maxRanges is how many ranges one reference may have.
const maxRanges = 64

// parseMore reads the ranges behind the first.
func parseMore(before Range, text string) (more []Range, ok bool) {
	for part := range strings.SplitSeq(text, ",") {
		r, ok := ParseRange(part)
		if !ok || before.From < 0 || before.To < 0 || r.From <= before.To || len(more) == maxRanges-1 {
			return nil, false
		}
		more, before = append(more, r), r
	}
	return more, true
}

// ParseRange reads a-b, a- or a; -n is {-n, -1}: the last n, and -0 is all: {0, -1}.
func ParseRange(text string) (Range, bool) {
	if last, ok := strings.CutPrefix(text, "-"); ok {
		n, err := strconv.ParseInt(last, 10, 62)
		if last == "0" {
			return Range{To: -1}, true
		}
		return Range{From: -n, To: -1}, err == nil && n > 0 && last[0] != '+' && last[0] != '-'
	}
	from, to, ranged := strings.Cut(text, "-")
	a, err := strconv.ParseInt(from, 10, 62)
	if err != nil || from[0] == '+' {
		return Range{}, false
	}
	switch {
	case !ranged:
		return Range{From: a, To: a}, true
	case to == "":
		return Range{From: a, To: -1}, true
	}
	b, err := strconv.ParseInt(to, 10, 62)
	return Range{From: a, To: b}, err == nil && b >= a && to[0] != '+'
}

func (r Ref) String() string {
	s := r.Session
	if r.Block != "" {
		s += "@" + r.Block
	}
	if r.Lines != nil {
		s += fmt.Sprintf(":%d-%d", r.Lines.From, r.Lines.To)
		for _, m := range r.More {
			s += fmt.Sprintf(",%d-%d", m.From, m.To)
		}
	}
	if r.Bytes != nil {
		s += fmt.Sprintf("#%d-%d", r.Bytes.From, r.Bytes.To)
	}
	return s
}

// BlockID writes a block's number as its id.
func BlockID(number uint64) string { return "e" + strconv.FormatUint(number, 10) }

// BlockNumber reads a block's id back.
func BlockNumber(id string) (uint64, bool) {
	digits, ok := strings.CutPrefix(id, "e")
	if !ok || digits == "" || digits[0] == '+' {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	return n, err == nil && n > 0
}
