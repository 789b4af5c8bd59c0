package vt

// sgrPlain is sgr after numbers without colons. What one or two of them made of a
// style is remembered.
func (t *Terminal) sgrPlain() {
	q, s := &t.p, t.styles
	if !t.penOK || s == nil || q.n > 2 || t.penID >= 1<<16 {
		t.sgr()
		return
	}
	first, second := uint32(0), uint32(noParam)
	if q.n > 0 {
		first = uint32(q.param[0])
	}
	if q.n > 1 {
		second = uint32(q.param[1])
	}
	if first >= noParam || second > noParam || second == noParam && q.n > 1 {
		t.sgr()
		return
	}
	key := t.penID<<16 | first<<8 | second
	if id, ok := s.next.find(key); ok {
		t.penID, t.cur.pen = id, s.list[id]
		return
	}
	t.sgr()
	s.next.add(key, t.pen())
}

// sgr is SGR (ECMA-48 8.3.117, xterm ctlseqs "CSI Pm m").
func (t *Terminal) sgr() {
	q := &t.p
	pen := &t.cur.pen
	t.penOK = false
	n := q.count()
	if n == 0 {
		pen.resetSGR()
		return
	}
	if n == 5 && q.sub == 0 && q.param[1] == 2 && (q.param[2]|q.param[3]|q.param[4]) < 256 {
		switch c := RGB(uint8(q.param[2]), uint8(q.param[3]), uint8(q.param[4])); q.param[0] {
		case 38:
			pen.Fg = c
			return
		case 48:
			pen.Bg = c
			return
		}
	}
	for i := 0; i < n; {
		end := i + 1 // of the group of colon-separated parameters
		for end < n && q.sub&(1<<end) != 0 {
			end++
		}
		group := q.param[i:end]
		switch v := group[0]; v {
		case 38, 48, 58:
			var c Color
			var ok bool
			used := 0
			if len(group) > 1 {
				c, ok = colonColor(group[1:])
			} else {
				c, used, ok = semicolonColor(q.param[end:n])
			}
			if ok {
				pen.setColor(v, c)
			}
			i = end + used
			continue
		case 4:
			pen.Underline = SingleUnderline
			if len(group) > 1 {
				if u := group[1]; u <= 5 {
					pen.Underline = Underline(u)
				}
			}
		default:
			if len(group) == 1 {
				pen.applySGR(v)
			}
		}
		i = end
	}
}

// resetSGR keeps what is not a rendition: protection and the hyperlink.
func (s *Style) resetSGR() {
	*s = Style{Attr: s.Attr & protection, link: s.link}
}

func (s *Style) setColor(which uint16, c Color) {
	switch which {
	case 38:
		s.Fg = c
	case 48:
		s.Bg = c
	case 58:
		s.Line = c
	}
}

// colonColor reads 5:n, 2::r:g:b (ITU T.416, with a colour space) and 2:r:g:b.
func colonColor(p []uint16) (Color, bool) {
	switch {
	case p[0] == 5 && len(p) > 1:
		return indexed(p[1])
	case p[0] == 2 && len(p) > 4:
		return direct(p[2], p[3], p[4])
	case p[0] == 2 && len(p) == 4:
		return direct(p[1], p[2], p[3])
	}
	return 0, false
}

// semicolonColor reads 5;n and 2;r;g;b and tells how many parameters that took.
func semicolonColor(p []uint16) (c Color, used int, ok bool) {
	switch {
	case len(p) > 1 && p[0] == 5:
		c, ok = indexed(p[1])
		return c, 2, ok
	case len(p) > 3 && p[0] == 2:
		c, ok = direct(p[1], p[2], p[3])
		return c, 4, ok
	}
	return 0, len(p), false
}

func indexed(n uint16) (Color, bool) { return Indexed(uint8(n)), n < 256 }

func direct(r, g, b uint16) (Color, bool) {
	return RGB(uint8(r), uint8(g), uint8(b)), r < 256 && g < 256 && b < 256
}

func (s *Style) applySGR(v uint16) {
	switch {
	case v >= 30 && v <= 37:
		s.Fg = Indexed(uint8(v - 30))
	case v >= 40 && v <= 47:
		s.Bg = Indexed(uint8(v - 40))
	case v >= 90 && v <= 97:
		s.Fg = Indexed(uint8(v - 90 + 8))
	case v >= 100 && v <= 107:
		s.Bg = Indexed(uint8(v - 100 + 8))
	case v < 10:
		s.setAttr(v)
	case v >= 21 && v <= 29:
		s.clearAttr(v)
	case v == 39:
		s.Fg = 0
	case v == 49:
		s.Bg = 0
	case v == 53:
		s.Attr |= Overline
	case v == 55:
		s.Attr &^= Overline
	case v == 59:
		s.Line = 0
	}
}

func (s *Style) setAttr(v uint16) {
	switch v {
	case 0:
		s.resetSGR()
	case 1:
		s.Attr |= Bold
	case 2:
		s.Attr |= Faint
	case 3:
		s.Attr |= Italic
	case 5:
		s.Attr |= Blink
	case 6:
		s.Attr |= RapidBlink
	case 7:
		s.Attr |= Reverse
	case 8:
		s.Attr |= Conceal
	case 9:
		s.Attr |= Strike
	}
}

func (s *Style) clearAttr(v uint16) {
	switch v {
	case 21: // ECMA-48: doubly underlined; a shape asked for by 4:n is more exact
		if s.Underline < DoubleUnderline {
			s.Underline = DoubleUnderline
		}
	case 22:
		s.Attr &^= Bold | Faint
	case 23:
		s.Attr &^= Italic
	case 24:
		s.Underline = NoUnderline
	case 25:
		s.Attr &^= Blink | RapidBlink
	case 27:
		s.Attr &^= Reverse
	case 28:
		s.Attr &^= Conceal
	case 29:
		s.Attr &^= Strike
	}
}
