package vt

import (
	"encoding/binary"
	"math/bits"
)

// The states of the parser, after Williams, "A parser for DEC's ANSI-compatible
// video terminals". Entry states have no code of their own: what they do is done
// when they are entered.
//
//	ground --ESC--> escape --[--> csi --final--> ground
//	                  | ]                     P --> dcs --final--> dcsData --ST--> ground
//	                  +--> osc --BEL, ST--> ground        (SOS, PM, APC: text)
//
// CAN and SUB abort anything; ESC begins anew from anywhere, and in a string may
// be the start of ST.
const (
	ground uint8 = iota
	escape
	escapeInter
	csi
	csiInter
	csiIgnore
	osc
	dcs
	dcsInter
	dcsIgnore
	dcsData
	text      // SOS, PM, APC
	vt52Place // ESC Y of VT52 mode
)

// Limits on what a sequence may hold. Longer strings are parsed to their end and
// then ignored, parameters beyond the last are dropped.
const (
	maxParams = 32
	maxString = 1 << 20 // an OSC 52 of a large selection
)

type parser struct {
	state  uint8
	prefix byte    // '<', '=', '>' or '?', else 0
	inter  [2]byte // intermediates
	ninter uint8
	n      uint8  // parameters begun
	sub    uint32 // bit i: parameter i followed a colon
	param  [maxParams]uint16
	over   bool // the string is longer than maxString
	esc    bool // ESC was the last byte of a string
	bel    bool // the string ended with BEL, and so does its answer
	kind   byte // of a text string: 'X', '^' or '_'
	nutf   uint8
	utf    [4]byte // a character that is not complete yet
	str    []byte
	img    imageMeter
}

// Write feeds output of a program. It always takes all of p.
func (t *Terminal) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	t.seq++
	if t.ansi != nil {
		t.more().uncommon = true
	}
	for i := 0; i < len(p); {
		if t.p.state != ground {
			i += t.sequence(p[i:])
			continue
		}
		if t.p.nutf > 0 {
			i += t.resumeRune(p[i:])
			continue
		}
		switch b := p[i]; {
		case b >= 0x80:
			i += t.runes(p[i:])
		case b >= 0x20:
			i += t.asciiBytes(p[i:])
		case b == '\n' && !t.modes.has(mNewLine):
			i++
			t.last = 0
			t.index()
		case b == '\r':
			i++
			t.last = 0
			t.carriageReturn()
		case b != 0x1b:
			i++
			t.control(b)
		case i+1 < len(p) && p[i+1] == '[' && t.ansi == nil:
			i += 2 + t.csiSequence(p[i+2:])
		default:
			i++
			t.begin(escape)
		}
	}
	return len(p), nil
}

// asciiBytes prints the run of printable ASCII at the start of p. DEL is nothing,
// but the last character of a set of 96.
func (t *Terminal) asciiBytes(p []byte) int {
	if !t.plain && (p[0] != 0x7f || t.delPrints()) {
		t.printRune(rune(p[0]))
		return 1
	}
	if p[0] == 0x7f {
		return 1
	}
	n := printable(p)
	t.printASCII(p[:n])
	return n
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// printable is the length of the run of bytes 0x20-0x7e at the start of p, found
// eight bytes at a time.
func printable(p []byte) int {
	i := 0
	for ; i+8 <= len(p); i += 8 {
		w := binary.LittleEndian.Uint64(p[i:])
		// A high bit marks a byte that is >= 0x80, 0x7f or < 0x20. Borrows and
		// carries make false marks only above a true one.
		if bad := (w | (w + ones) | (w-0x20*ones)&^w) & highs; bad != 0 {
			return i + bits.TrailingZeros64(bad)/8
		}
	}
	for ; i < len(p) && p[i]-0x20 < 0x5f; i++ {
	}
	return i
}

// control executes a C0 control (ECMA-48 8.3).
func (t *Terminal) control(b byte) {
	t.last = 0
	switch b {
	case 0x07:
		t.bells++
	case 0x08:
		t.backspace()
	case 0x09:
		t.tab(1)
	case 0x0a, 0x0b, 0x0c:
		t.index()
		if t.modes.has(mNewLine) {
			t.carriageReturn()
		}
	case 0x0d:
		t.carriageReturn()
	case 0x0e, 0x0f: // a VT52 has ESC F and G instead
		if t.ansi == nil {
			t.shiftTo(0x0f - b)
		}
	case 0x05: // ENQ: the answerback is empty
	}
	t.keepInLine()
}

// sequence takes bytes while the parser is inside a sequence.
func (t *Terminal) sequence(p []byte) int {
	switch t.p.state {
	case osc, dcsData, text, dcsIgnore:
		return t.stringBytes(p)
	case csi:
		return t.csiBytes(p)
	}
	t.step(p[0])
	return 1
}

// begin enters a state with parameters.
func (t *Terminal) begin(state uint8) {
	t.p.state = state
	t.p.prefix, t.p.ninter, t.p.n, t.p.sub = 0, 0, 0, 0
}

// step takes one byte in the states where only a few follow.
func (t *Terminal) step(b byte) {
	switch {
	case b == 0x18 || b == 0x1a:
		t.p.state = ground
		return
	case b == 0x1b:
		t.begin(escape)
		return
	case b < 0x20:
		if t.p.state != dcs && t.p.state != dcsInter {
			t.control(b)
		}
		return
	case b == 0x7f:
		return
	case b >= 0x80:
		t.p.state = ground // not part of any sequence: the character is text
		t.runesInSequence(b)
		return
	}
	switch t.p.state {
	case escape, escapeInter:
		if t.ansi != nil {
			t.vt52Byte(b)
			return
		}
		t.escapeByte(b)
	case csiInter:
		switch {
		case b < 0x30:
			t.intermediate(b)
		case b < 0x40:
			t.p.state = csiIgnore
		default:
			t.p.state = ground
			t.csiDispatch(b)
			t.sequenceEnd()
		}
	case csiIgnore:
		if b >= 0x40 {
			t.p.state = ground
		}
	case dcs, dcsInter:
		t.dcsByte(b)
	case vt52Place:
		t.vt52Address(b)
	}
}

func (t *Terminal) intermediate(b byte) {
	if int(t.p.ninter) < len(t.p.inter) {
		t.p.inter[t.p.ninter] = b
	}
	if t.p.ninter < 255 {
		t.p.ninter++
	}
}

// escapeByte takes the bytes after ESC.
func (t *Terminal) escapeByte(b byte) {
	if b < 0x30 {
		t.p.state = escapeInter
		t.intermediate(b)
		return
	}
	if b != '[' || t.p.state == escapeInter {
		t.last = 0
	}
	if t.p.state == escapeInter {
		t.p.state = ground
		switch t.p.ninter {
		case 1:
			t.escapeInter(t.p.inter[0], b)
			t.keepInLine()
		case 2: // SCS of a set with two bytes
			if inter := t.p.inter[0]; inter >= '(' && inter <= '/' && inter != ',' {
				t.designate(inter, string([]byte{t.p.inter[1], b}))
			}
		}
		return
	}
	switch b {
	case '[':
		t.begin(csi)
	case 'P':
		t.begin(dcs)
	case ']':
		t.beginString(osc, b)
	case 'X', '^', '_':
		t.beginString(text, b)
	default:
		t.p.state = ground
		t.escapeDispatch(b)
		t.keepInLine()
	}
}

// csiSequence reads what follows CSI: in one go if it is all there, and plain
// numbers, else in the states that know everything.
func (t *Terminal) csiSequence(p []byte) int {
	if c, n := directSGR(p); n > 0 {
		t.setDirect(p[0] == '4', c)
		t.last = 0
		return n
	}
	t.begin(csi)
	q := &t.p
	v, n := uint32(0), 0
	for i := 0; i < len(p); i++ {
		b := p[i]
		if d := b - '0'; d <= 9 {
			if v = v*10 + uint32(d); v > 0xffff {
				v = 0xffff
			}
			continue
		}
		if b == ';' && n < maxParams-1 {
			q.param[n] = uint16(v)
			n++
			v = 0
			continue
		}
		if b < 0x40 || b >= 0x7f {
			break
		}
		if i > 0 {
			q.param[n] = uint16(v)
			q.n = uint8(n + 1)
		}
		q.state = ground
		if b == 'm' {
			t.sgrPlain()
		} else {
			t.csiPlain(b)
		}
		t.sequenceEnd()
		return i + 1
	}
	return t.csiBytes(p)
}

// sequenceEnd leaves nothing to repeat behind a sequence.
func (t *Terminal) sequenceEnd() {
	t.last = 0
	t.keepInLine()
}

// csiBytes reads parameters up to the final byte.
func (t *Terminal) csiBytes(p []byte) int {
	q := &t.p
	for i := 0; i < len(p); i++ {
		switch b := p[i]; {
		case b-'0' <= 9:
			i += q.digits(p[i:]) - 1
		case b == ';' || b == ':':
			q.nextParam(b == ':')
		case b >= 0x40 && b < 0x7f:
			q.state = ground
			if b == 'm' && q.prefix == 0 {
				t.sgr()
			} else {
				t.csiDispatch(b)
			}
			t.sequenceEnd()
			return i + 1
		case b >= 0x3c && b < 0x40:
			if q.n > 0 || q.prefix != 0 {
				q.state = csiIgnore
				return i + 1
			}
			q.prefix = b
		case b >= 0x20 && b < 0x30:
			q.state = csiInter
			t.intermediate(b)
			return i + 1
		default:
			t.step(b)
			if q.state != csi {
				return i + 1
			}
		}
	}
	return len(p)
}

// digits adds the digits at the start of p to the parameter being read.
func (q *parser) digits(p []byte) int {
	if q.n == 0 {
		q.n, q.param[0] = 1, 0
	}
	if q.n > maxParams {
		return 1
	}
	v, n := uint32(q.param[q.n-1]), 0
	for n < len(p) && p[n]-'0' <= 9 {
		v = min(v*10+uint32(p[n]-'0'), 0xffff)
		n++
	}
	q.param[q.n-1] = uint16(v)
	return n
}

// nextParam begins a parameter; colon says that it is a part of the one before
// (ITU T.416 13.1.8).
func (q *parser) nextParam(colon bool) {
	if q.n == 0 {
		q.n, q.param[0] = 1, 0
	}
	if q.n >= maxParams {
		q.n = maxParams + 1
		return
	}
	if colon {
		q.sub |= 1 << q.n
	}
	q.param[q.n] = 0
	q.n++
}

// count is the number of parameters kept.
func (q *parser) count() int { return min(int(q.n), maxParams) }

// arg is parameter i, or zero if it is missing or 0.
func (q *parser) arg(i, zero int) int {
	if i < q.count() && q.param[i] != 0 {
		return int(q.param[i])
	}
	return zero
}
